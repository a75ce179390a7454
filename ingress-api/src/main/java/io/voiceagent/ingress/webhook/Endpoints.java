package io.voiceagent.ingress.webhook;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All endpoints, as one version of the file has them. */
final class Endpoints {
    static final Endpoints NONE = new Endpoints(List.of());

    private final Map<String, Endpoint> byId = new LinkedHashMap<>();
    private final Set<String> tenants = new LinkedHashSet<>();

    Endpoints(Collection<Endpoint> all) {
        for (Endpoint endpoint : all) {
            byId.put(endpoint.id(), endpoint);
            tenants.add(endpoint.tenant());
        }
    }

    Collection<Endpoint> all() {
        return byId.values();
    }

    Set<String> tenants() {
        return tenants;
    }

    List<Endpoint> of(String tenant, EventType type) {
        return byId.values().stream()
                .filter(endpoint ->
                        endpoint.tenant().equals(tenant) && endpoint.events().contains(type))
                .toList();
    }

    @Nullable
    Endpoint find(String id) {
        return byId.get(id);
    }
}
