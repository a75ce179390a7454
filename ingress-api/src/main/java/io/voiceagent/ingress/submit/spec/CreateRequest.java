package io.voiceagent.ingress.submit.spec;

import io.voiceagent.messages.ResponseSpec;

/**
 * A body of {@code POST /responses} that has passed every check.
 *
 * @param spec what the turn is to do
 * @param stream the answer is the stream of events; has precedence over {@link ResponseSpec#background}
 */
public record CreateRequest(ResponseSpec spec, boolean stream) {}
