package io.voiceagent.ingress.web;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * What a client prefers, by its {@code Prefer} headers. A preference that is not known or makes no sense is passed over, as the RFC demands:
 * {@code Preference-Applied} tells what was taken.
 *
 * @param respondAsync whether an id at once will do, or the response as it is when {@code patience} is over
 * @param patience {@code wait}: how long the client is ready to wait for the end, null when it does not say; whole seconds
 * @param cancelOnDisconnect whether a turn is to stop when the connection that submitted it is gone; a preference of ours
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7240">RFC 7240</a>
 */
record Preferences(boolean respondAsync, @Nullable Duration patience, boolean cancelOnDisconnect) {
    static final String HEADER = "Prefer";
    static final String APPLIED = "Preference-Applied";

    private static final String RESPOND_ASYNC = "respond-async";
    private static final String WAIT = "wait";
    private static final String CANCEL_ON_DISCONNECT = "cancel-on-disconnect";

    /** More of them are not read: a header may be long. */
    private static final int MOST = 32;

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    /** One preference with its parameters, which none of those here has; its value is a token or a quoted string. */
    private static final Pattern PREFERENCE = Pattern.compile(
            "\\G\\s*(?<name>%1$s)(?:\\s*=\\s*(?:(?<token>%1$s)|\"(?<quoted>(?:[^\"\\\\]|\\\\.)*+)\"))?(?<rest>(?:[^\",]|\"(?:[^\"\\\\]|\\\\.)*+\")*+)(?:,|$)"
                    .formatted(TOKEN));

    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

    /** Reads all of the headers, as one list. Of a preference that is there twice the first counts. */
    static Preferences of(HttpHeaders headers) {
        List<String> values = headers.get(HEADER);
        if (values == null) {
            return new Preferences(false, null, false);
        }
        Map<String, String> found = new LinkedHashMap<>();
        for (String value : values) {
            Matcher matcher = PREFERENCE.matcher(value);
            while (found.size() < MOST && matcher.find()) {
                String token = matcher.group("token");
                String quoted = matcher.group("quoted");
                found.putIfAbsent(
                        matcher.group("name").toLowerCase(Locale.ROOT),
                        token != null ? token : quoted != null ? quoted : "");
            }
        }
        String wait = found.getOrDefault(WAIT, "");
        return new Preferences(
                found.getOrDefault(RESPOND_ASYNC, "-").isEmpty(),
                SECONDS.matcher(wait).matches() ? Duration.ofSeconds(Long.parseLong(wait)) : null,
                found.getOrDefault(CANCEL_ON_DISCONNECT, "-").isEmpty());
    }

    /** The same, waiting no longer than {@code atMost}; a turn has ended by then. */
    Preferences within(Duration atMost) {
        return patience == null || patience.compareTo(atMost) <= 0
                ? this
                : new Preferences(respondAsync, Duration.ofSeconds(atMost.toSeconds()), cancelOnDisconnect);
    }

    /** Only how long to wait. */
    Preferences onlyWait() {
        return new Preferences(false, patience, false);
    }

    /** Only whether to stop a turn that nobody waits for. */
    Preferences onlyCancel() {
        return new Preferences(false, null, cancelOnDisconnect);
    }

    /** All but whether to stop a turn that nobody waits for. */
    Preferences withoutCancel() {
        return new Preferences(respondAsync, patience, false);
    }

    /** Tells which of them are honoured. */
    void tell(HttpHeaders answer) {
        List<String> applied = new ArrayList<>();
        if (respondAsync) {
            applied.add(RESPOND_ASYNC);
        }
        if (patience != null) {
            applied.add(WAIT + "=" + patience.toSeconds());
        }
        if (cancelOnDisconnect) {
            applied.add(CANCEL_ON_DISCONNECT);
        }
        if (!applied.isEmpty()) {
            answer.set(APPLIED, String.join(", ", applied));
        }
    }
}
