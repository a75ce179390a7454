package io.voiceagent.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The page of faults: text, and a section of each {@link Suite} between two markers, which the suite's last run wrote. */
final class FaultPage {
    private FaultPage() {}

    /**
     * The page with another section of that name, at its old place, or at the end when it is new.
     *
     * @param section Markdown
     */
    static String replace(String page, String name, String section) {
        String begin = "<!-- begin " + name + " -->\n";
        String end = "<!-- end " + name + " -->\n";
        String whole = begin + section.strip() + "\n" + end;
        int from = page.indexOf(begin);
        int to = page.indexOf(end);
        if (from < 0 || to < from) {
            return page.stripTrailing() + "\n\n" + whole;
        }
        return page.substring(0, from) + whole + page.substring(to + end.length());
    }

    /** The section of that name; empty when there is none. */
    static String section(String page, String name) {
        String begin = "<!-- begin " + name + " -->\n";
        int from = page.indexOf(begin);
        int to = page.indexOf("<!-- end " + name + " -->\n");
        return from < 0 || to < from ? "" : page.substring(from + begin.length(), to);
    }

    /** Writes the section into the file, which is made when it is not there. */
    static void write(Path file, String name, String section) throws IOException {
        String page = Files.exists(file) ? Files.readString(file) : "# Faults, and what they did\n";
        Files.writeString(file, replace(page, name, section));
    }
}
