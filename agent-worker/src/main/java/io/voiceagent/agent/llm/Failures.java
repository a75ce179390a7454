package io.voiceagent.agent.llm;

import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.TurnError;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Tells what each way of failing means. Pure. */
final class Failures {
    /** The longest wait that an endpoint's {@code Retry-After} is believed. */
    static final Duration MAX_RETRY_AFTER = Duration.ofMinutes(10);

    /** 4xx that say nothing against the request: come again. */
    private static final Set<Integer> PASSING_4XX = Set.of(408, 409, 425, 429);
    /** A 429 with one of these codes does not go away by waiting. */
    private static final Set<String> QUOTA_CODES = Set.of("insufficient_quota", "billing_hard_limit_reached");

    private static final Pattern NOT_A_TOKEN = Pattern.compile("[^A-Za-z0-9_.\\[\\]-]");
    private static final int MAX_TOKEN = 64;

    private Failures() {}

    /**
     * An HTTP status other than 200.
     *
     * @param body as far as it was read; only its {@code error.code}, {@code type} and {@code param} are told on, since
     *     messages of endpoints repeat the text of the user and parts of the key
     */
    static Failure ofStatus(int status, String body, Duration retryAfter) {
        JsonNode error = errorObject(body);
        String code = token(error, "code");
        String detail = detail(status, error);
        if (status == 429 && !QUOTA_CODES.contains(code)) {
            return new Failure(
                    new TurnError(ErrorCodes.RATE_LIMIT, "the model endpoint refused for its rate limit" + detail),
                    "429",
                    true,
                    retryAfter);
        }
        if (status == 429) {
            return Failure.lasting(ErrorCodes.RATE_LIMIT, "429", "the quota at the model endpoint is used up" + detail);
        }
        if (status >= 500 || PASSING_4XX.contains(status)) {
            TurnError turnError = new TurnError(ErrorCodes.MODEL_ERROR, "the model endpoint failed" + detail);
            return new Failure(turnError, Integer.toString(status), true, retryAfter);
        }
        return Failure.lasting(codeOf(status, code), Integer.toString(status), reason(status) + detail);
    }

    /** An error that the endpoint sent inside a stream that began well. */
    static Failure ofStreamedError(JsonNode error) {
        return Failure.passing(
                ErrorCodes.MODEL_ERROR,
                "stream_error",
                "the model endpoint broke off with an error" + detail(200, error));
    }

    /** The connection could not be made, or broke. */
    static Failure ofIo(IOException e) {
        if (e instanceof HttpConnectTimeoutException) {
            return Failure.passing(
                    ErrorCodes.MODEL_ERROR,
                    "connect_timeout",
                    "the model endpoint did not take the connection in time");
        }
        if (e instanceof ConnectException || e instanceof UnknownHostException) {
            return Failure.passing(ErrorCodes.MODEL_ERROR, "connect", "the model endpoint could not be reached");
        }
        return Failure.passing(
                ErrorCodes.MODEL_ERROR, "connection_lost", "the connection to the model endpoint broke off");
    }

    /** Whatever a library threw while it read the answer: the answer was not what the protocol says. */
    static Failure ofUnexpected(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof FailureException known) {
                return known.failure();
            }
            if (cause instanceof com.fasterxml.jackson.core.JsonProcessingException) {
                return malformed("a chunk that is no JSON of a chat completion");
            }
            if (cause instanceof IOException io) {
                return ofIo(io);
            }
        }
        return malformed(
                "a chunk that does not fit the one before (" + e.getClass().getSimpleName() + ")");
    }

    /** The answer is not of the protocol. */
    static Failure malformed(String what) {
        return Failure.passing(ErrorCodes.MODEL_ERROR, "malformed", "the model endpoint sent " + what);
    }

    /**
     * The wait that a {@code Retry-After} header (seconds or an HTTP date, RFC 9110 section 10.2.3) or the
     * {@code retry-after-ms} of some endpoints asks for; zero when neither is readable.
     */
    static Duration retryAfter(@Nullable String retryAfter, @Nullable String retryAfterMs, Instant now) {
        Duration wait = number(retryAfterMs, 1);
        if (wait == null) {
            wait = number(retryAfter, 1_000);
        }
        if (wait == null && retryAfter != null) {
            try {
                Instant date = ZonedDateTime.parse(retryAfter.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                wait = Duration.between(now, date);
            } catch (DateTimeParseException e) {
                return Duration.ZERO; // an unreadable wish is no wish
            }
        }
        if (wait == null || wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(MAX_RETRY_AFTER) > 0 ? MAX_RETRY_AFTER : wait;
    }

    private static @Nullable Duration number(@Nullable String text, double millisPerUnit) {
        if (text == null) {
            return null;
        }
        try {
            double millis = Double.parseDouble(text.strip()) * millisPerUnit;
            return Double.isFinite(millis) && millis >= 0
                    ? Duration.ofMillis((long) Math.min(millis, MAX_RETRY_AFTER.toMillis()))
                    : null;
        } catch (NumberFormatException e) {
            return null; // the caller tries the other form
        }
    }

    private static String codeOf(int status, String code) {
        if (code.equals(ErrorCodes.CONTEXT_LENGTH)) {
            return ErrorCodes.CONTEXT_LENGTH;
        }
        // Not the client's fault: the operator gave us a wrong key or address
        boolean operators = status == 401 || status == 403 || status < 400;
        return operators ? ErrorCodes.MODEL_ERROR : ErrorCodes.INVALID_REQUEST;
    }

    private static String reason(int status) {
        return switch (status) {
            case 401, 403 -> "the model endpoint did not accept the key of this installation";
            case 404 -> "the model endpoint does not know the model, or the path of LLM_BASE_URL is wrong";
            default ->
                status < 400
                        ? "the model endpoint answered with a redirect or without content; check LLM_BASE_URL"
                        : "the model endpoint refused the request";
        };
    }

    private static JsonNode errorObject(String body) {
        try {
            return Json.tree(body).path("error");
        } catch (MalformedMessageException e) {
            return Json.mapper().createObjectNode(); // proxies answer in HTML: the status has to do
        }
    }

    private static String detail(int status, JsonNode error) {
        StringBuilder detail = new StringBuilder(" (HTTP ").append(status);
        for (String field : new String[] {"code", "type", "param"}) {
            String value = token(error, field);
            if (!value.isEmpty()) {
                detail.append(", ").append(field).append(' ').append(value);
            }
        }
        return detail.append(')').toString();
    }

    /** A field of which only what looks like an identifier is kept. */
    private static String token(JsonNode error, String field) {
        JsonNode value = error.path(field);
        if (!value.isString() && !value.isNumber()) {
            return "";
        }
        String token = NOT_A_TOKEN.matcher(value.asString()).replaceAll("");
        return token.length() > MAX_TOKEN ? token.substring(0, MAX_TOKEN) : token;
    }
}
