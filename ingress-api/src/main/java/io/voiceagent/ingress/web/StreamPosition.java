package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Whether a {@code GET} of a response asks for its events, and from where on.
 *
 * @param startingAfter sequence number of the last event that the client has, -1 for none
 */
record StreamPosition(boolean stream, long startingAfter) {
    static final String LAST_EVENT_ID = "Last-Event-ID";
    private static final String STARTING_AFTER = "starting_after";

    /**
     * Reads the query and {@code Last-Event-ID}. The header has precedence: a browser that connects again repeats the first URL and puts how
     * far it has come into the header.
     */
    static StreamPosition of(ServerHttpRequest request) {
        QueryParameters query = QueryParameters.of(request);
        boolean stream = query.flag("stream");
        Long after = query.sequence(STARTING_AFTER);
        if (query.flag("include_obfuscation")) {
            throw new Refusal(
                    Code.UNSUPPORTED_VALUE, "include_obfuscation", "Events are never padded here: leave it out.");
        }
        query.end();
        if (!stream && after != null) {
            throw new Refusal(Code.INVALID_VALUE, STARTING_AFTER, "'starting_after' needs 'stream=true'.");
        }
        String last = stream ? request.getHeaders().getFirst(LAST_EVENT_ID) : null;
        if (last != null && !last.isBlank()) {
            return new StreamPosition(true, QueryParameters.sequence(LAST_EVENT_ID, last.trim()));
        }
        return new StreamPosition(stream, after == null ? -1 : after);
    }
}
