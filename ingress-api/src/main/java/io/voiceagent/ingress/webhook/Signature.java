package io.voiceagent.ingress.webhook;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The headers that let a receiver know a request for ours: {@code webhook-id}, {@code webhook-timestamp} and {@code webhook-signature}, by the
 * Standard Webhooks specification 1.0.0. Receivers refuse a timestamp that is five minutes old, so each attempt is signed anew.
 */
final class Signature {
    static final String ID = "webhook-id";
    static final String TIMESTAMP = "webhook-timestamp";
    static final String SIGNATURE = "webhook-signature";

    private Signature() {}

    /**
     * @param id the same for all attempts of a delivery; without dots
     * @param at of this attempt, sent in seconds
     * @param secrets each gives one signature
     */
    static Map<String, String> headers(String id, Instant at, String body, List<Secret> secrets) {
        String timestamp = Long.toString(at.getEpochSecond());
        byte[] signed = String.join(".", id, timestamp, body).getBytes(StandardCharsets.UTF_8);
        String signatures = secrets.stream()
                .map(secret -> "v1," + Base64.getEncoder().encodeToString(secret.hmac(signed)))
                .collect(Collectors.joining(" "));
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(ID, id);
        headers.put(TIMESTAMP, timestamp);
        headers.put(SIGNATURE, signatures);
        return headers;
    }
}
