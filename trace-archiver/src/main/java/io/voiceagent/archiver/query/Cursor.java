package io.voiceagent.archiver.query;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text by which a client goes on behind the last trace that it was given. Clients should not look into it. */
final class Cursor {

    private static final Pattern FORM = Pattern.compile("(\\d{1,16})-([0-9a-f]{32})");

    private Cursor() {}

    static String write(TraceSearch.Position position) {
        Instant time = position.time();
        long micros = time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000;
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((micros + "-" + position.traceId()).getBytes(StandardCharsets.UTF_8));
    }

    /** @throws InvalidParameterException when {@link #write} did not make it */
    static TraceSearch.Position read(String text) {
        try {
            Matcher parts = FORM.matcher(new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8));
            if (parts.matches()) {
                long micros = Long.parseLong(parts.group(1));
                return new TraceSearch.Position(
                        Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000), parts.group(2));
            }
        } catch (IllegalArgumentException e) {
            throw unknown();
        }
        throw unknown();
    }

    private static InvalidParameterException unknown() {
        return new InvalidParameterException("cursor", "is not one of these", "Use next_cursor of the answer before");
    }
}
