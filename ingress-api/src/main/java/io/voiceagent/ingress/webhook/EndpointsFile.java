package io.voiceagent.ingress.webhook;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.SettingsFile;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads the text of the file of endpoints: {@code {"TENANT": [{"url": …, "secret": "whsec_…", "events": […]}]}}. {@code secret} may be a list,
 * the newest first; without {@code events} the endpoint is told of all.
 */
final class EndpointsFile {
    static final String VARIABLE = "WEBHOOKS_FILE";
    private static final int MAX_BYTES = 1 << 20;
    static final int MAX_TENANTS = 1_000;
    static final int MAX_ENDPOINTS = 10;
    static final int MAX_URL = 2_048;
    private static final int MAX_SECRETS = 3;
    private static final int MAX_PORT = 65_535;
    private static final Set<String> FIELDS = Set.of("url", "secret", "events");
    private static final String REMEDY = """
            Use {"TENANT": [{"url": "https://…", "secret": "whsec_…", "events": ["response.completed"]}]}, with a secret from: \
            echo whsec_$(openssl rand -base64 32)""";

    private final boolean allowPrivate;

    private EndpointsFile(boolean allowPrivate) {
        this.allowPrivate = allowPrivate;
    }

    /** The file, not read yet. */
    static SettingsFile at(Path file) {
        return new SettingsFile(VARIABLE, file, MAX_BYTES, REMEDY);
    }

    /**
     * Parses the text.
     *
     * @param allowPrivate whether plain http is taken, too
     * @throws InvalidSettingException naming the entry and the remedy, never a secret
     */
    static Endpoints parse(String text, boolean allowPrivate) {
        JsonNode root;
        try {
            root = Json.tree(text);
        } catch (MalformedMessageException e) {
            // Without the parser's words, which may quote the text
            throw wrong("is not JSON");
        }
        return new EndpointsFile(allowPrivate).read(root);
    }

    private Endpoints read(JsonNode root) {
        require(root.isObject(), "is not a JSON object");
        require(root.size() <= MAX_TENANTS, "has more than %d tenants".formatted(MAX_TENANTS));
        List<Endpoint> all = new ArrayList<>();
        root.properties().forEach(entry -> {
            String tenant = entry.getKey();
            JsonNode list = entry.getValue();
            require(list.isArray(), "has no list at %s".formatted(tenant));
            require(list.size() <= MAX_ENDPOINTS, "has more than %d endpoints at %s".formatted(MAX_ENDPOINTS, tenant));
            Set<URI> urls = new HashSet<>();
            for (int i = 0; i < list.size(); i++) {
                Endpoint endpoint = endpoint(tenant, "%s[%d]".formatted(tenant, i), list.get(i));
                require(urls.add(endpoint.url()), "repeats a url at %s[%d]".formatted(tenant, i));
                all.add(endpoint);
            }
        });
        return new Endpoints(all);
    }

    private Endpoint endpoint(String tenant, String place, JsonNode node) {
        require(node.isObject(), "has no object at " + place);
        for (String name : node.propertyNames()) {
            require(FIELDS.contains(name), "has the unknown field %s.%s".formatted(place, name));
        }
        return new Endpoint(
                tenant,
                url(place + ".url", node.get("url")),
                secrets(place + ".secret", node.get("secret")),
                events(place + ".events", node.get("events")));
    }

    private URI url(String place, @Nullable JsonNode node) {
        if (node == null || !node.isString() || node.stringValue().length() > MAX_URL) {
            throw wrong("has no url of at most %d characters at %s".formatted(MAX_URL, place));
        }
        URI url;
        try {
            url = new URI(node.stringValue());
        } catch (URISyntaxException e) {
            throw wrong("has no valid url at " + place);
        }
        boolean secure = "https".equals(url.getScheme());
        require(
                secure || (allowPrivate && "http".equals(url.getScheme())),
                "has a url at %s that does not begin with https:".formatted(place));
        require(
                url.getHost() != null
                        && url.getRawUserInfo() == null
                        && url.getRawFragment() == null
                        && url.getPort() != 0
                        && url.getPort() <= MAX_PORT,
                "has a url at %s without a host, or with a user, a fragment or a wrong port".formatted(place));
        return url;
    }

    private static List<Secret> secrets(String place, @Nullable JsonNode node) {
        List<Secret> secrets = new ArrayList<>();
        for (String text : strings(place, node)) {
            try {
                secrets.add(Secret.parse(text));
            } catch (IllegalArgumentException e) {
                throw wrong("has a secret at %s that %s".formatted(place, e.getMessage()));
            }
        }
        require(
                !secrets.isEmpty() && secrets.size() <= MAX_SECRETS,
                "needs 1 to %d secrets at %s".formatted(MAX_SECRETS, place));
        return secrets;
    }

    private static Set<EventType> events(String place, @Nullable JsonNode node) {
        if (node == null) {
            return EnumSet.allOf(EventType.class);
        }
        Set<EventType> events = EnumSet.noneOf(EventType.class);
        for (String text : strings(place, node)) {
            events.add(EventType.ofWire(text).orElseThrow(() -> wrong("has an unknown event at " + place)));
        }
        require(!events.isEmpty(), "has no event at " + place);
        return events;
    }

    private static List<String> strings(String place, @Nullable JsonNode node) {
        List<String> strings = new ArrayList<>();
        if (node != null && node.isString()) {
            strings.add(node.stringValue());
        } else if (node != null && node.isArray()) {
            for (JsonNode each : node) {
                require(each.isString(), "has something else than text at " + place);
                strings.add(each.stringValue());
            }
        } else {
            throw wrong("has no text and no list at " + place);
        }
        return strings;
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw wrong(problem);
        }
    }

    private static InvalidSettingException wrong(String problem) {
        return new InvalidSettingException(VARIABLE, problem, REMEDY);
    }
}
