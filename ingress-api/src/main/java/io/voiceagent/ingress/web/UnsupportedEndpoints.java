package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import java.util.List;
import org.springframework.http.HttpMethod;

/** Endpoints of the dialect that this server does not have: they are refused by name, so that nobody takes them for a wrong id or path. */
final class UnsupportedEndpoints {
    /** A method of a path, as a template. */
    record Endpoint(HttpMethod method, String path) {
        Refusal refusal() {
            return Refusal.of(
                    Code.UNSUPPORTED_ENDPOINT, "%s %s is not supported by this server.".formatted(method, path));
        }
    }

    static final List<Endpoint> ALL =
            List.of(endpoint(HttpMethod.POST, "/audio/transcriptions"), endpoint(HttpMethod.POST, "/audio/speech"));

    private UnsupportedEndpoints() {}

    private static Endpoint endpoint(HttpMethod method, String path) {
        return new Endpoint(method, Routes.BASE + path);
    }
}
