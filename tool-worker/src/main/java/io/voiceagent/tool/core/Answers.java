package io.voiceagent.tool.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.TurnError;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** What the model is told of a run: its result within the bound, or why there is none. */
public final class Answers {
    private static final Pattern NO_TEXT = Pattern.compile("[\\x00\\p{Cs}]");

    private Answers() {}

    /** The result, cut with a note when it is longer than the tool may answer. */
    public static CallOutput.Tool result(ToolDescription tool, String text) {
        return new CallOutput.Tool(cut(clean(text), tool.maxResultChars()), null);
    }

    /** The arguments do not fit; the model is told each field. */
    public static CallOutput.Tool invalidArguments(ToolDescription tool, List<String> violations) {
        String text = "Error: the arguments do not fit the schema of " + tool.name() + ": "
                + String.join("; ", violations) + ". Correct them and call the tool again.";
        return failed(tool, text, ErrorCodes.TOOL_ARGUMENTS, "the arguments do not fit the schema of " + tool.name());
    }

    /** The tool says why it could not. */
    public static CallOutput.Tool failure(ToolDescription tool, ToolFailure failure) {
        return failed(tool, "Error: " + failure.text(), failure.code(), tool.name() + " could not do what was asked");
    }

    /** The time was over; what a tool that is not idempotent did until then, nobody knows. */
    public static CallOutput.Tool timeout(ToolDescription tool) {
        Duration bound = Duration.ofMillis(tool.timeoutMillis());
        String seconds = bound.toMillis() % 1000 == 0 ? bound.toSeconds() + " s" : bound.toMillis() + " ms";
        String effect = tool.idempotent() ? "" : " Whether it has taken effect is not known.";
        return failed(
                tool,
                "Error: " + tool.name() + " did not answer within " + seconds + "." + effect,
                ErrorCodes.TOOL_TIMEOUT,
                tool.name() + " did not answer within " + seconds);
    }

    /** The tool broke in a way that it did not explain. */
    public static CallOutput.Tool defect(ToolDescription tool) {
        String effect = tool.idempotent() ? "" : " Whether it has taken effect is not known.";
        return failed(
                tool,
                "Error: " + tool.name() + " failed for a reason of its own." + effect,
                ErrorCodes.TOOL_FAILED,
                tool.name() + " failed for a reason of its own");
    }

    private static CallOutput.Tool failed(ToolDescription tool, String text, String code, String message) {
        return new CallOutput.Tool(cut(clean(text), tool.maxResultChars()), new TurnError(code, message));
    }

    /**
     * With U+FFFD for what is no text: halves of surrogate pairs, which a page cut by a service may end in and UTF-8 cannot
     * say, and U+0000, which Postgres cannot store.
     */
    static String clean(String text) {
        return NO_TEXT.matcher(text).replaceAll("\uFFFD");
    }

    /** At most {@code max} characters, the note counted in; never cut between the halves of a surrogate pair. */
    static String cut(String text, int max) {
        if (text.length() <= max) {
            return text;
        }
        String note = "\n[Cut: the result had " + text.length() + " characters, the bound is " + max + ".]";
        int end = Math.max(0, max - note.length());
        if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end) + note;
    }
}
