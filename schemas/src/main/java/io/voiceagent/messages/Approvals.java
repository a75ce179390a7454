package io.voiceagent.messages;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Calls of hosted tools that wait for the client. A turn whose model asks for one ends; its response has a request for approval, which the
 * input of a later turn answers.
 */
public final class Approvals {
    /** What the id of a request begins with. */
    public static final String PREFIX = "mcpr_";

    private static final Pattern ID = Pattern.compile(PREFIX + "([0-9a-f]{48})[0-9a-f]{4}");

    private Approvals() {}

    /** Whether a call of that tool has to be approved in a turn of that spec: the tool demands it, or the client does. */
    public static boolean needed(ResponseSpec spec, ToolDescription tool) {
        return Boolean.TRUE.equals(tool.needsApproval())
                || spec.tools().stream()
                        .anyMatch(wanted -> wanted instanceof ToolSpec.Mcp mcp
                                && mcp.serverLabel().equals(tool.server())
                                && mcp.requireApproval() != null
                                && mcp.requireApproval().holds(tool.name()));
    }

    /**
     * The public id of a request. It follows from the answer that asked, so whoever folds the log and whoever decides name it alike.
     *
     * @param number of the request among those of its response, from 0
     */
    public static String requestId(String responseId, int number) {
        return String.format(Locale.ROOT, "%s%s%04x", PREFIX, responseId.substring(ResponseId.PREFIX.length()), number);
    }

    /** Id of the response that the request belongs to; empty when it is no id of a request. */
    public static Optional<String> responseOf(String requestId) {
        Matcher matcher = ID.matcher(requestId);
        return matcher.matches() ? Optional.of(ResponseId.PREFIX + matcher.group(1)) : Optional.empty();
    }
}
