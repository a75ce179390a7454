package io.voiceagent.manifests;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Who may speak to whom by the network policies: what one side's lets out and the other side's lets in. Understands what the manifests use: a
 * default that denies all, and peers by labels, namespace or range of addresses.
 */
final class Flows {
    private final Manifests manifests;

    Flows(Manifests manifests) {
        this.manifests = manifests;
    }

    /** Each as {@code from → to:port}. */
    Set<String> within() {
        Set<String> flows = new TreeSet<>();
        for (JsonNode from : manifests.workloads().toList()) {
            for (JsonNode to : manifests.workloads().toList()) {
                Project.stream(Manifests.container(to).path("ports"))
                        .map(port -> port.path("containerPort").asInt())
                        .filter(port -> lets("Egress", from, to, port) && lets("Ingress", to, from, port))
                        .forEach(port ->
                                flows.add("%s → %s:%d".formatted(Manifests.nameOf(from), Manifests.nameOf(to), port)));
            }
        }
        return flows;
    }

    /** Each as {@code from → port}, of addresses outside of the cluster. */
    Set<String> outside() {
        Set<String> flows = new TreeSet<>();
        manifests
                .workloads()
                .forEach(from -> rules("Egress", from)
                        .filter(rule -> Project.stream(rule.path("to")).anyMatch(peer -> peer.has("ipBlock")))
                        .forEach(
                                rule -> ports(rule).forEach(port -> flows.add(Manifests.nameOf(from) + " → " + port))));
        return flows;
    }

    /** Each as {@code namespace → to:port}. */
    Set<String> fromNamespaces() {
        Set<String> flows = new TreeSet<>();
        manifests
                .workloads()
                .forEach(to -> rules("Ingress", to)
                        .forEach(rule -> Project.stream(rule.path("from"))
                                .map(peer -> peer.at("/namespaceSelector/matchLabels/kubernetes.io~1metadata.name")
                                        .asString(""))
                                .filter(namespace -> !namespace.isEmpty())
                                .forEach(namespace -> ports(rule)
                                        .forEach(port -> flows.add(
                                                "%s → %s:%d".formatted(namespace, Manifests.nameOf(to), port))))));
        return flows;
    }

    /** Those that may speak to pods with these labels, which others make, by that port. */
    Set<String> to(Map<String, String> labels, int port) {
        Set<String> from = new TreeSet<>();
        manifests
                .workloads()
                .forEach(each -> rules("Egress", each)
                        .filter(rule -> ports(rule).contains(port))
                        .filter(rule -> Project.stream(rule.path("to")).anyMatch(peer -> matches(peer, labels)))
                        .forEach(rule -> from.add(Manifests.nameOf(each))));
        return from;
    }

    private boolean lets(String direction, JsonNode of, JsonNode peer, int port) {
        return rules(direction, of)
                .filter(rule -> ports(rule).contains(port))
                .anyMatch(rule -> Project.stream(rule.path(direction.equals("Egress") ? "to" : "from"))
                        .anyMatch(each -> matches(each, Manifests.podLabels(peer))));
    }

    private Stream<JsonNode> rules(String direction, JsonNode workload) {
        Map<String, String> labels = Manifests.podLabels(workload);
        return manifests
                .ofKind("NetworkPolicy")
                .filter(policy -> Project.texts(policy.at("/spec/policyTypes")).contains(direction))
                .filter(policy -> labels.entrySet()
                        .containsAll(Manifests.map(policy.at("/spec/podSelector/matchLabels"))
                                .entrySet()))
                .flatMap(policy ->
                        Project.stream(policy.at(direction.equals("Egress") ? "/spec/egress" : "/spec/ingress")));
    }

    private static List<Integer> ports(JsonNode rule) {
        return Project.stream(rule.path("ports"))
                .map(port -> port.path("port").asInt())
                .toList();
    }

    private static boolean matches(JsonNode peer, Map<String, String> labels) {
        return peer.has("podSelector")
                && !peer.has("namespaceSelector")
                && labels.entrySet()
                        .containsAll(Manifests.map(peer.at("/podSelector/matchLabels"))
                                .entrySet());
    }
}
