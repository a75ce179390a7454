package io.voiceagent.ingress.web;

import io.opentelemetry.context.Context;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.security.ApiSecurity;
import java.time.Duration;
import java.util.Map;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.util.pattern.PathPattern;

/** What is kept in the attributes of an exchange, and how it is read. */
final class Exchanges {
    /** The span of the request, as a context; absent for requests that are not traced, such as probes. */
    static final String TRACE = Exchanges.class.getName() + ".trace";
    /** The request's id, always there. */
    static final String REQUEST_ID = Exchanges.class.getName() + ".request-id";
    /** The {@link Code} of the refusal that was answered. */
    static final String REFUSED = Exchanges.class.getName() + ".refused";
    /** There when the same request again does not run a second turn. */
    static final String REPEATABLE = Exchanges.class.getName() + ".repeatable";
    /** There when the answer is a stream of events. */
    static final String STREAM = Exchanges.class.getName() + ".stream";

    /** {@link System#nanoTime} when the request's head was there. */
    static final String BEGAN = Exchanges.class.getName() + ".began";

    private Exchanges() {}

    /** Time since the request's head was there. */
    static Duration age(Map<String, Object> attributes) {
        return attributes.get(BEGAN) instanceof Long began
                ? Duration.ofNanos(System.nanoTime() - began)
                : Duration.ZERO;
    }

    static Context trace(Map<String, Object> attributes) {
        return attributes.get(TRACE) instanceof Context context ? context : Context.root();
    }

    static String requestId(Map<String, Object> attributes) {
        return attributes.get(REQUEST_ID) instanceof String id ? id : "";
    }

    static String tenant(Map<String, Object> attributes) {
        if (attributes.get(ApiSecurity.TENANT) instanceof String tenant) {
            return tenant;
        }
        throw new IllegalStateException("a route that needs a key was reached without one");
    }

    /** The route's template, such as {@code /api/v1/responses/{id}}; {@code unmatched} when no route took the request. */
    static String route(Map<String, Object> attributes) {
        return attributes.get(RouterFunctions.MATCHING_PATTERN_ATTRIBUTE) instanceof PathPattern pattern
                ? pattern.getPatternString()
                : "unmatched";
    }
}
