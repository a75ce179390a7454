package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.util.MultiValueMap;

/** The query parameters of a request, taken one by one; {@link #end} refuses what was not taken. */
final class QueryParameters {
    private final MultiValueMap<String, String> values;
    private final Set<String> taken = new HashSet<>();

    private QueryParameters(MultiValueMap<String, String> values) {
        this.values = values;
    }

    static QueryParameters of(ServerHttpRequest request) {
        return new QueryParameters(request.getQueryParams());
    }

    boolean flag(String name) {
        String value = text(name);
        if (value == null) {
            return false;
        }
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new Refusal(Code.INVALID_TYPE, name, "'%s' must be true or false.".formatted(name));
        };
    }

    /** A sequence number, null when it is absent. */
    @Nullable
    Long sequence(String name) {
        String value = text(name);
        return value == null ? null : sequence(name, value);
    }

    static long sequence(String name, String value) {
        if (!value.matches("\\d{1,18}")) {
            throw new Refusal(
                    Code.INVALID_TYPE, name, "'%s' must be the sequence_number of an event, from 0.".formatted(name));
        }
        return Long.parseLong(value);
    }

    /** A whole number from {@code min} to {@code max}, {@code otherwise} when it is absent. */
    int number(String name, int otherwise, int min, int max) {
        String value = text(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.matches("\\d{1,9}") || Integer.parseInt(value) < min || Integer.parseInt(value) > max) {
            throw new Refusal(
                    Code.INVALID_VALUE, name, "'%s' must be a whole number from %d to %d.".formatted(name, min, max));
        }
        return Integer.parseInt(value);
    }

    /** One of {@code values}, the first of them when it is not there. */
    String oneOf(String name, List<String> values) {
        String value = text(name);
        if (value == null) {
            return values.getFirst();
        }
        if (!values.contains(value)) {
            throw new Refusal(
                    Code.INVALID_VALUE, name, "'%s' must be one of %s.".formatted(name, String.join(", ", values)));
        }
        return value;
    }

    void end() {
        for (String name : values.keySet()) {
            if (!taken.contains(name)) {
                throw new Refusal(
                        Code.UNKNOWN_PARAMETER, name, "Unknown query parameter. Leave it out, or check its spelling.");
            }
        }
    }

    /** The value as it is, null when it is absent. */
    @Nullable
    String text(String name) {
        taken.add(name);
        List<String> all = values.get(name);
        if (all == null) {
            return null;
        }
        if (all.size() != 1 || all.getFirst() == null) {
            throw new Refusal(Code.INVALID_VALUE, name, "'%s' must be given once, with a value.".formatted(name));
        }
        return all.getFirst();
    }
}
