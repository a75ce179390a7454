package io.voiceagent.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.kubernetes.client.openapi.JSON;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicSpec;
import io.voiceagent.transport.TopicSpecs;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Every overlay, as kubectl renders it, against Kubernetes' own types, Pod Security's rules, the code and itself. */
class KubernetesTest {
    private static final List<Manifests> ALL = Manifests.all().toList();
    private static final List<String> SERVICES = List.of(
            "voice-agent-api",
            "voice-agent-orchestrator",
            "voice-agent-worker",
            "voice-agent-tools",
            "voice-agent-archiver");
    private static final Pattern METRIC = Pattern.compile("(voice_agent_[a-z_]+)");

    /** Volumes that Pod Security allows, of those that the manifests have. */
    private static final Set<String> VOLUMES = Set.of("emptyDir", "secret", "configMap", "persistentVolumeClaim");

    static Stream<Manifests> all() {
        return ALL.stream();
    }

    /** Where there is no kubectl, which has been said: each parameterized test then has nothing to do, which is not a failure. */
    @Test
    void somethingIsTriedWhereThereIsKubectl() {
        assertThat(ALL).hasSize(Tool.kubectl().findAny().isPresent() ? 5 : 0);
        System.out.println(ALL.size() + " overlays rendered: "
                + ALL.stream().mapToInt(each -> each.objects().size()).sum() + " objects");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void everyFieldIsOneOfKubernetes(Manifests manifests) throws Exception {
        for (JsonNode object : manifests.objects()) {
            if (isBuiltIn(object)) {
                requireKnown(object);
            }
        }
    }

    @Test
    void theTypesRefuseAMisspeltField() {
        JsonNode wrong = Project.yaml(
                        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selectors: {app: a}}}")
                .getFirst();
        assertThatThrownBy(() -> requireKnown(wrong)).hasMessageContaining("selectors");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void podSecurityAdmitsEveryPodAsRestricted(Manifests manifests) {
        JsonNode namespace = manifests.ofKind("Namespace").findFirst().orElseThrow();
        assertThat(namespace
                        .at("/metadata/labels/pod-security.kubernetes.io~1enforce")
                        .asString())
                .isEqualTo("restricted");
        manifests.workloads().forEach(workload -> {
            String name = Manifests.nameOf(workload);
            JsonNode pod = Manifests.pod(workload);
            JsonNode container = Manifests.container(workload);
            assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean())
                    .as(name)
                    .isTrue();
            assertThat(pod.at("/securityContext/runAsUser").asInt()).as(name).isPositive();
            assertThat(pod.at("/securityContext/seccompProfile/type").asString())
                    .as(name)
                    .isEqualTo("RuntimeDefault");
            assertThat(pod.has("hostNetwork") || pod.has("hostPID") || pod.has("hostIPC") || pod.has("initContainers"))
                    .as(name)
                    .isFalse();
            assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                    .as(name)
                    .isFalse();
            assertThat(container.at("/securityContext").has("privileged"))
                    .as(name)
                    .isFalse();
            assertThat(Project.texts(container.at("/securityContext/capabilities/drop")))
                    .as(name)
                    .containsExactly("ALL");
            assertThat(container.at("/securityContext/capabilities").has("add"))
                    .as(name)
                    .isFalse();
            Project.stream(container.path("ports"))
                    .forEach(port -> assertThat(port.has("hostPort")).isFalse());
            Project.stream(pod.path("volumes"))
                    .flatMap(volume -> volume.propertyNames().stream())
                    .filter(key -> !key.equals("name"))
                    .forEach(kind -> assertThat(VOLUMES).as(name).contains(kind));
        });
    }

    /** Beyond what Pod Security asks. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void everyPodIsBoundedAndWithoutAToken(Manifests manifests) {
        manifests.workloads().forEach(workload -> {
            String name = Manifests.nameOf(workload);
            JsonNode pod = Manifests.pod(workload);
            JsonNode container = Manifests.container(workload);
            assertThat(pod.path("automountServiceAccountToken").asBoolean(true))
                    .as(name)
                    .isFalse();
            assertThat(pod.path("enableServiceLinks").asBoolean(true)).as(name).isFalse();
            assertThat(manifests.names("ServiceAccount"))
                    .contains(pod.path("serviceAccountName").asString());
            assertThat(container.at("/resources/limits/memory").asString(""))
                    .as(name)
                    .isNotBlank();
            assertThat(container.at("/resources/requests/memory").asString(""))
                    .as(name)
                    .isNotBlank();
            assertThat(container.at("/resources/requests/cpu").asString(""))
                    .as(name)
                    .isNotBlank();
            // Kafka's image writes its configuration into itself
            assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                    .as(name)
                    .isEqualTo(!name.equals("kafka"));
            for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                assertThat(container.has(probe)).as("%s of %s", probe, name).isTrue();
            }
            Project.stream(pod.path("volumes"))
                    .filter(volume -> volume.has("emptyDir"))
                    .forEach(volume -> assertThat(
                                    volume.at("/emptyDir/sizeLimit").asString(""))
                            .isNotBlank());
        });
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void selectorsFindTheirPodsAndPortsTheirContainers(Manifests manifests) {
        manifests
                .workloads()
                .forEach(workload -> assertThat(Manifests.podLabels(workload))
                        .containsAllEntriesOf(Manifests.map(workload.at("/spec/selector/matchLabels"))));
        manifests.ofKind("Service").forEach(service -> {
            JsonNode workload = manifests.selected(service.at("/spec/selector"));
            assertThat(portNames(workload))
                    .containsAll(Project.stream(service.at("/spec/ports"))
                            .map(port -> port.path("targetPort").asString())
                            .toList());
        });
        manifests
                .ofKind("PodDisruptionBudget")
                .forEach(budget -> assertThat(
                                Manifests.nameOf(manifests.selected(budget.at("/spec/selector/matchLabels"))))
                        .isEqualTo(Manifests.nameOf(budget)));
        manifests.workloads().forEach(workload -> {
            Set<String> ports = portNames(workload);
            JsonNode container = Manifests.container(workload);
            for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                for (String how : List.of("httpGet", "tcpSocket")) {
                    if (container.path(probe).has(how)) {
                        assertThat(ports)
                                .contains(container
                                        .path(probe)
                                        .path(how)
                                        .path("port")
                                        .asString());
                    }
                }
            }
        });
        manifests
                .ofKind("Ingress")
                .forEach(ingress -> Project.stream(ingress.at("/spec/rules/0/http/paths"))
                        .forEach(path -> assertThat(manifests.names("Service"))
                                .contains(path.at("/backend/service/name").asString())));
        manifests
                .ofKind("StatefulSet")
                .forEach(set -> assertThat(manifests.names("Service"))
                        .contains(set.at("/spec/serviceName").asString()));
        manifests.objects().stream()
                .filter(object -> object.at("/spec/scaleTargetRef/name").isString())
                .forEach(scaler -> {
                    String target = scaler.at("/spec/scaleTargetRef/name").asString();
                    JsonNode workload = manifests
                            .ofKind("Deployment")
                            .filter(each -> Manifests.nameOf(each).equals(target))
                            .findFirst()
                            .orElseThrow();
                    assertThat(workload.path("spec").has("replicas"))
                            .as("replicas of " + target)
                            .isFalse();
                });
        manifests.ofKind("PodMonitor").forEach(monitor -> {
            Set<String> jobs = manifests
                    .workloads()
                    .map(Manifests::podLabels)
                    .filter(labels -> labels.containsKey("app.kubernetes.io/component"))
                    .map(labels -> labels.get(monitor.at("/spec/jobLabel").asString()))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(jobs).containsExactly("agent-worker", "ingress-api", "tool-worker", "trace-archiver");
        });
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void whatAPodIsToldIsWhatItsCodeReads(Manifests manifests) {
        JsonNode configuration = manifests
                .ofKind("ConfigMap")
                .filter(object -> Manifests.nameOf(object).equals("voice-agent-config"))
                .findFirst()
                .orElseThrow();
        assertThat(Project.variables()).containsAll(configuration.path("data").propertyNames());
        int services = 0;
        for (JsonNode workload : manifests.workloads().toList()) {
            String service = Manifests.serviceOf(workload);
            if (service.isEmpty()) {
                continue;
            }
            services++;
            JsonNode container = Manifests.container(workload);
            assertThat(container.at("/envFrom/0/configMapRef/name").asString()).isEqualTo("voice-agent-config");
            assertThat(Project.variables(service))
                    .as(Manifests.nameOf(workload))
                    .containsAll(Project.stream(container.path("env"))
                            .map(each -> each.path("name").asString())
                            .toList());
            assertThat(workload.at("/spec/template/metadata/annotations/voice-agent.io~1config-checksum")
                            .asString())
                    .as("checksum of the ConfigMap, beside %s of %s", Manifests.nameOf(workload), manifests)
                    .isEqualTo(manifests.checksum());
        }
        assertThat(services).isEqualTo(SERVICES.size());
    }

    /** Secrets come from the template, from the overlay itself, or from the operator of Kafka. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void whatAPodRefersToIsThere(Manifests manifests) {
        Map<String, Set<String>> secrets = Stream.concat(
                        Project.yaml(Project.read("deploy/k8s/base/secrets.yaml.template")).stream(),
                        manifests.ofKind("Secret"))
                .collect(Collectors.toMap(
                        Manifests::nameOf,
                        secret -> Stream.of("data", "stringData")
                                .flatMap(key -> secret.path(key).propertyNames().stream())
                                .collect(Collectors.toSet()),
                        (one, other) -> one));
        manifests.ofKind("KafkaUser").forEach(user -> secrets.put(Manifests.nameOf(user), Set.of("sasl.jaas.config")));
        manifests
                .ofKind("Kafka")
                .forEach(kafka -> secrets.put(Manifests.nameOf(kafka) + "-cluster-ca-cert", Set.of("ca.crt")));
        manifests.workloads().forEach(workload -> {
            for (JsonNode variable : Manifests.container(workload).path("env")) {
                JsonNode reference = variable.at("/valueFrom/secretKeyRef");
                if (!reference.isMissingNode()) {
                    assertThat(secrets).containsKey(reference.path("name").asString());
                    assertThat(secrets.get(reference.path("name").asString()))
                            .contains(reference.path("key").asString());
                }
            }
            Set<String> volumes = new TreeSet<>();
            for (JsonNode volume : Manifests.pod(workload).path("volumes")) {
                volumes.add(volume.path("name").asString());
                if (volume.has("secret")) {
                    assertThat(secrets)
                            .containsKey(volume.at("/secret/secretName").asString());
                }
                if (volume.has("configMap")) {
                    assertThat(manifests.names("ConfigMap"))
                            .contains(volume.at("/configMap/name").asString());
                }
                if (volume.has("persistentVolumeClaim")) {
                    assertThat(manifests.names("PersistentVolumeClaim"))
                            .contains(volume.at("/persistentVolumeClaim/claimName")
                                    .asString());
                }
            }
            Project.stream(workload.at("/spec/volumeClaimTemplates"))
                    .forEach(claim -> volumes.add(Manifests.nameOf(claim)));
            assertThat(Project.stream(Manifests.container(workload).path("volumeMounts"))
                            .map(mount -> mount.path("name").asString()))
                    .as("what %s mounts", Manifests.nameOf(workload))
                    .containsExactlyInAnyOrderElementsOf(volumes);
        });
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void whatProbesAskIsAnswered(Manifests manifests) {
        Set<String> asked = new TreeSet<>();
        manifests
                .workloads()
                .filter(workload -> !Manifests.serviceOf(workload).isEmpty())
                .forEach(workload -> {
                    String module = Project.MODULES.get(Manifests.serviceOf(workload));
                    JsonNode settings = Project.yaml(Project.read(module + "/src/main/resources/" + module + ".yml"))
                            .getFirst();
                    assertThat(settings.at("/management/endpoints/web/exposure/include")
                                    .asString())
                            .contains("health", "prometheus");
                    assertThat(settings.at("/management/endpoint/health/probes/enabled")
                                    .asBoolean())
                            .isTrue();
                    assertThat(settings.at("/server/port").asString())
                            .isEqualTo("${PORT:%d}"
                                    .formatted(Manifests.container(workload)
                                            .at("/ports/0/containerPort")
                                            .asInt()));
                    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                        asked.add(Manifests.container(workload)
                                .path(probe)
                                .at("/httpGet/path")
                                .asString());
                    }
                });
        assertThat(asked)
                .containsExactlyInAnyOrder(
                        "/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void aPodHasTheTimeItsDrainTakes(Manifests manifests) {
        manifests
                .workloads()
                .forEach(workload -> Project.stream(
                                Manifests.container(workload).path("env"))
                        .filter(variable -> variable.path("name").asString().equals("DRAIN_SECONDS"))
                        .forEach(drain -> assertThat(Manifests.pod(workload)
                                        .path("terminationGracePeriodSeconds")
                                        .asInt())
                                .isGreaterThanOrEqualTo(
                                        Integer.parseInt(drain.path("value").asString()) + 15)));
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void policiesAllowExactlyThePipelinesFlows(Manifests manifests) {
        Set<String> expected = new TreeSet<>();
        boolean pooled = manifests.names("Deployment").contains("pgbouncer");
        for (String service : SERVICES) {
            expected.add(service + " → jaeger:4317");
            expected.add(service + " → jaeger:4318");
            if (manifests.names("StatefulSet").contains("kafka")) {
                expected.add(service + " → kafka:9092");
                expected.add("kafka → kafka:9092");
            }
        }
        expected.add("voice-agent-archiver → postgres:5432");
        expected.add(pooled ? "voice-agent-api → pgbouncer:6432" : "voice-agent-api → postgres:5432");
        if (pooled) {
            expected.add("pgbouncer → postgres:5432");
        }
        if (manifests.names("Deployment").contains("simulator")) {
            expected.addAll(Set.of("voice-agent-worker → simulator:8790", "voice-agent-tools → simulator:8790"));
        }
        Flows flows = new Flows(manifests);
        assertThat(flows.within()).isEqualTo(expected);
        assertThat(flows.outside())
                .containsExactly("voice-agent-api → 443", "voice-agent-tools → 443", "voice-agent-worker → 443");
        assertThat(flows.fromNamespaces())
                .containsExactlyInAnyOrder(
                        "ingress-nginx → voice-agent-api:8000",
                        "monitoring → jaeger:16686",
                        "monitoring → postgres:5432",
                        "monitoring → voice-agent-api:8000",
                        "monitoring → voice-agent-archiver:8003",
                        "monitoring → voice-agent-orchestrator:8001",
                        "monitoring → voice-agent-tools:8002",
                        "monitoring → voice-agent-worker:8001");
        if (manifests.names("Kafka").contains("voice-agent")) {
            assertThat(flows.to(Map.of("strimzi.io/cluster", "voice-agent", "strimzi.io/kind", "Kafka"), 9093))
                    .containsExactlyInAnyOrderElementsOf(SERVICES);
        }
    }

    @Test
    void namesAndPortsAreTheOnesOfTheGuide() {
        for (Manifests manifests : ALL) {
            assertThat(manifests.names("Namespace")).containsExactly("voice-agent");
            assertThat(manifests.names("Deployment")).contains("voice-agent-api", "jaeger");
            assertThat(manifests.names("StatefulSet")).contains("postgres");
            assertThat(ports(manifests, "voice-agent-api")).contains(80);
            assertThat(ports(manifests, "jaeger")).contains(16686);
            assertThat(ports(manifests, "postgres")).contains(5432);
            for (String app : List.of("postgres", "jaeger", "voice-agent-api")) {
                assertThat(Manifests.podLabels(manifests.selected(
                                Project.JSON.createObjectNode().put("app", app))))
                        .containsEntry("app", app);
            }
            manifests.objects().stream()
                    .filter(object -> !object.path("kind").asString().equals("Namespace"))
                    .forEach(object -> assertThat(
                                    object.at("/metadata/namespace").asString())
                            .as("%s %s", object.path("kind"), Manifests.nameOf(object))
                            .isEqualTo("voice-agent"));
        }
        for (String file : List.of(
                "namespace.yaml",
                "configmap.yaml",
                "secrets.yaml.template",
                "postgres-statefulset.yaml",
                "jaeger-deployment.yaml",
                "api-deployment.yaml")) {
            assertThat(Manifests.FOLDER.resolve("base").resolve(file)).exists();
        }
    }

    /** So that the guide's sed finds it. */
    @Test
    void anImageStandsOnOneLineInOneForm() {
        Map<String, String> images = Map.of(
                "api-deployment.yaml", "voice-agent-api",
                "orchestrator-statefulset.yaml", "voice-agent-worker",
                "llm-worker-deployment.yaml", "voice-agent-worker",
                "tool-worker-deployment.yaml", "voice-agent-tools",
                "archiver-deployment.yaml", "voice-agent-archiver");
        images.forEach((file, image) -> {
            String content = Project.read("deploy/k8s/base/" + file);
            assertThat(content)
                    .containsOnlyOnce(image + ":latest")
                    .containsOnlyOnce("\n          image: " + image + ":latest\n");
        });
    }

    @Test
    void prometheusRulesAreThoseThatAreTested() {
        List<JsonNode> rules = Project.yaml(Project.read("deploy/k8s/components/prometheus-operator/rules.yaml"));
        assertThat(rules)
                .hasSize(Project.files("grafana/prometheus/rules", ".yml").size());
        rules.forEach(rule -> {
            String file = Manifests.nameOf(rule).replace("voice-agent-", "") + ".yml";
            assertThat(rule.at("/spec"))
                    .as("copy grafana/prometheus/rules/%s into its spec", file)
                    .isEqualTo(Project.yaml(Project.read("grafana/prometheus/rules/" + file))
                            .getFirst());
        });
    }

    /** Those that are asked of a real Prometheus by the tests of the dashboards. */
    @Test
    void scalersAskForMetricsThatThereAre() {
        Set<String> known = new TreeSet<>();
        for (String ending : List.of(".json", ".yml")) {
            Project.files("grafana", ending).forEach(file -> Project.find(METRIC, Project.read(file), known));
        }
        Set<String> asked = new TreeSet<>();
        for (String folder : List.of("hpa", "keda")) {
            Project.files("deploy/k8s/components/" + folder, ".yaml")
                    .forEach(file -> Project.find(METRIC, Project.read(file), asked));
        }
        assertThat(asked).hasSize(3);
        assertThat(known).containsAll(asked);
    }

    @Test
    void accessToKafkaIsByTopicsThatThereAre() {
        Set<String> topics = TopicSpecs.all(KafkaSettings.local("localhost:9092", 1, 1)).stream()
                .map(TopicSpec::name)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> read = new TreeSet<>();
        Set<String> written = new TreeSet<>();
        List<String> users = new java.util.ArrayList<>();
        for (JsonNode user : Project.yaml(Project.read("deploy/k8s/components/strimzi/users.yaml"))) {
            users.add(Manifests.nameOf(user).replace("-kafka", ""));
            for (JsonNode acl : user.at("/spec/authorization/acls")) {
                if (acl.at("/resource/type").asString().equals("topic")
                        && !acl.path("resource").has("patternType")) {
                    List<String> operations = Project.texts(acl.path("operations"));
                    String topic = acl.at("/resource/name").asString();
                    assertThat(topics).contains(topic);
                    if (operations.contains("Read")) {
                        read.add(topic);
                    }
                    if (operations.contains("Write")) {
                        written.add(topic);
                    }
                }
            }
        }
        assertThat(users).containsExactlyInAnyOrderElementsOf(SERVICES);
        assertThat(written).isEqualTo(topics);
        topics.removeIf(topic -> topic.endsWith(Topics.DLT_SUFFIX)); // for people
        assertThat(read).isEqualTo(topics);
    }

    @Test
    void everyFileIsPartOfSomething() throws Exception {
        for (Path file : Project.files("deploy/k8s", ".yaml")) {
            Path folder = file.getParent();
            String name = file.getFileName().toString();
            // The adapter's is no manifest, but values of its chart
            if (!name.equals("kustomization.yaml") && !name.equals("prometheus-adapter.yaml")) {
                assertThat(Files.readString(folder.resolve("kustomization.yaml")))
                        .contains("- " + name + "\n");
            }
        }
    }

    private static Set<Integer> ports(Manifests manifests, String service) {
        return manifests
                .ofKind("Service")
                .filter(each -> Manifests.nameOf(each).equals(service))
                .flatMap(each -> Project.stream(each.at("/spec/ports")))
                .map(port -> port.path("port").asInt())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> portNames(JsonNode workload) {
        return Project.stream(Manifests.container(workload).path("ports"))
                .map(port -> port.path("name").asString())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isBuiltIn(JsonNode object) {
        String version = object.path("apiVersion").asString();
        return !version.contains("/") || !version.contains(".") || version.contains(".k8s.io/");
    }

    /** Kubernetes' own types have a check that no field is there that they do not know, and none is missing that must be there. */
    private static void requireKnown(JsonNode object) throws ReflectiveOperationException {
        String version = object.path("apiVersion").asString().replaceAll("^.*/", "");
        String type = Character.toUpperCase(version.charAt(0))
                + version.substring(1)
                + object.path("kind").asString();
        Class<?> model = Class.forName("io.kubernetes.client.openapi.models." + type);
        String json = Project.JSON.writeValueAsString(object);
        try {
            Object unused = model.getMethod("validateJsonElement", JsonElement.class)
                    .invoke(null, JsonParser.parseString(json));
        } catch (InvocationTargetException e) {
            throw new AssertionError(
                    Manifests.nameOf(object) + ": " + e.getCause().getMessage(), e);
        }
        assertThat((Object) JSON.deserialize(json, model)).isNotNull();
    }
}
