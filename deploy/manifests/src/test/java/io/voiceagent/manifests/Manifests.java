package io.voiceagent.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * What an overlay comes to.
 *
 * @param name for people
 * @param objects in kustomize's order
 */
record Manifests(String name, List<JsonNode> objects) {
    static final Path FOLDER = Project.ROOT.resolve("deploy/k8s");
    private static final Set<String> WITH_PODS = Set.of("Deployment", "StatefulSet");

    /** The base, each overlay, and what no overlay has, each by kubectl; nothing where there is no kubectl, which is said. */
    static Stream<Manifests> all() {
        return Tool.kubectl()
                .flatMap(kubectl -> Stream.concat(
                        Stream.of("base", "overlays/dev", "overlays/single-node", "overlays/production")
                                .map(name -> new Manifests(name, render(kubectl, FOLDER.resolve(name)))),
                        Stream.of(new Manifests("keda and external-secrets", render(kubectl, others())))));
    }

    /** A component can only be rendered with something that it changes. */
    private static Path others() {
        try {
            Path folder = Files.createDirectories(Path.of("target/others")).toAbsolutePath();
            Files.writeString(folder.resolve("kustomization.yaml"), """
                    apiVersion: kustomize.config.k8s.io/v1beta1
                    kind: Kustomization
                    resources: [../../../k8s/base]
                    components: [../../../k8s/components/keda, ../../../k8s/components/external-secrets]
                    """);
            return folder;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<JsonNode> render(Tool kubectl, Path folder) {
        try {
            return Project.yaml(kubectl.run(folder, List.of("kustomize", ".")));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    Stream<JsonNode> ofKind(String kind) {
        return objects.stream().filter(object -> object.path("kind").asString().equals(kind));
    }

    Stream<JsonNode> workloads() {
        return objects.stream()
                .filter(object -> WITH_PODS.contains(object.path("kind").asString()));
    }

    Set<String> names(String kind) {
        Set<String> names = new TreeSet<>();
        ofKind(kind).forEach(object -> names.add(nameOf(object)));
        return names;
    }

    /** The one workload whose pods have these labels. */
    JsonNode selected(JsonNode labels) {
        List<JsonNode> found = workloads()
                .filter(each ->
                        podLabels(each).entrySet().containsAll(map(labels).entrySet()))
                .toList();
        assertThat(found).as("pods of %s in %s", labels, name).hasSize(1);
        return found.getFirst();
    }

    /** Of the configuration that all services share; what their pods must be marked with. */
    String checksum() {
        JsonNode data = ofKind("ConfigMap")
                .filter(object -> nameOf(object).equals("voice-agent-config"))
                .findFirst()
                .orElseThrow()
                .path("data");
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(map(data))
                .forEach((key, value) ->
                        lines.append(key).append('=').append(value).append('\n'));
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(lines.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static String nameOf(JsonNode object) {
        return object.at("/metadata/name").asString();
    }

    static JsonNode pod(JsonNode workload) {
        return workload.at("/spec/template/spec");
    }

    static JsonNode container(JsonNode workload) {
        assertThat(pod(workload).path("containers").size()).isEqualTo(1);
        return pod(workload).path("containers").get(0);
    }

    static Map<String, String> podLabels(JsonNode workload) {
        return map(workload.at("/spec/template/metadata/labels"));
    }

    static Map<String, String> map(JsonNode texts) {
        Map<String, String> map = new TreeMap<>();
        texts.properties()
                .forEach(each -> map.put(each.getKey(), each.getValue().asString()));
        return map;
    }

    /** The service of the project that a workload runs, by its image; empty for what is not the project's. */
    static String serviceOf(JsonNode workload) {
        String image = container(workload)
                .path("image")
                .asString()
                .replaceAll("^.*/", "")
                .replaceAll(":.*$", "");
        String service = image.replace("voice-agent-", "");
        return Project.MODULES.containsKey(service) && image.startsWith("voice-agent-") ? service : "";
    }

    @Override
    public String toString() {
        return name;
    }
}
