package io.voiceagent.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Faults of one kind, with a section of their own in the page of faults. */
interface Suite {
    /** One word: the command takes it, and the page's markers have it. */
    String name();

    /**
     * Tries its faults.
     *
     * @param section takes the section's whole Markdown, anew whenever there is more to tell
     * @return the rules that were broken, in words
     */
    List<String> run(Settings settings, Consumer<String> section) throws IOException;

    /**
     * What the command was told.
     *
     * @param directory for data and logs, empty
     * @param seed the same one tries the same faults
     * @param most no fault begins later than this after the suite
     * @param customers clients at one time
     * @param words only faults whose name has one of these; all when there are none
     * @param earlier the section as the page has it, empty when it has none: figures of faults that are not tried now can be kept
     */
    record Settings(Path directory, long seed, Duration most, int customers, List<String> words, String earlier) {
        public Settings {
            words = List.copyOf(words);
        }

        /** Only faults that the page has no figures of: the command's one word was {@code untried}. */
        boolean onlyUntried() {
            return words.equals(List.of("untried"));
        }
    }
}
