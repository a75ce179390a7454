package io.voiceagent.ingress.webhook;

import io.voiceagent.messages.Sha256;
import java.net.URI;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where a tenant wants to be told.
 *
 * @param url absolute, with a host, without user and fragment
 * @param secrets 1 to 3, the newest first; each signs every request, so that a receiver can exchange its secret without a gap
 * @param events what it is told of; not empty
 */
record Endpoint(String tenant, URI url, List<Secret> secrets, Set<EventType> events) {
    private static final int ID_BYTES = 16;

    Endpoint {
        secrets = List.copyOf(secrets);
        events = Set.copyOf(events);
    }

    /** The same as long as tenant and URL are: what deliveries are stored under. */
    String id() {
        return HexFormat.of().formatHex(Sha256.of(tenant + "\n" + url), 0, ID_BYTES);
    }

    /** Another one after any change: an endpoint that answered that it is gone gets a new chance when its entry is changed. */
    String fingerprint() {
        String keys = String.join(",", secrets.stream().map(Secret::hash).toList());
        return HexFormat.of()
                .formatHex(
                        Sha256.of(String.join("\n", tenant, url.toString(), keys, new TreeSet<>(events).toString())),
                        0,
                        ID_BYTES);
    }
}
