package io.voiceagent.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The Compose files and the template of their variables against the Compose Specification, the code, the Dockerfile and each other. */
class ComposeTest {
    private static final Path FOLDER = Project.ROOT.resolve("deploy/compose");
    private static final String PRODUCTION = "docker-compose.prod.yml";
    private static final JsonNode STACK = load(PRODUCTION);
    private static final Pattern INTERPOLATED = Pattern.compile("\\$\\{([A-Z][A-Z0-9_]*)");
    private static final Pattern OF_TEMPLATE = Pattern.compile("(?m)^#?([A-Z][A-Z0-9_]*)=");

    /** The services of the project by their names in Compose, with the stage of the Dockerfile. */
    private static final Map<String, String> OURS =
            Map.of("api", "api", "agent-worker", "worker", "tool-worker", "tools", "trace-archiver", "archiver");

    /** Must differ from process to process, so nobody sets it for a service. */
    private static final Set<String> OF_EACH_PROCESS = Set.of("INSTANCE_ID");

    private static List<String> overrides() {
        return Project.files("deploy/compose", ".yml").stream()
                .map(file -> file.getFileName().toString())
                .filter(name -> !name.equals(PRODUCTION))
                .toList();
    }

    static Stream<String> all() {
        return Stream.concat(Stream.of(PRODUCTION), overrides().stream());
    }

    /** An entry that an override takes away is there for the schema as one that it allows. */
    private static JsonNode load(String file) {
        return Project.yaml(
                        Project.read("deploy/compose/" + file).replace("!reset null", "{condition: service_started}"))
                .getFirst();
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyKeyIsOneOfTheSpecification(String file) {
        assertThat(specification().validate(load(file))).isEmpty();
    }

    @Test
    void theSchemaRefusesAMisspeltKey() {
        String wrong = Project.read("deploy/compose/" + PRODUCTION).replace("start_interval", "start_intervall");
        assertThat(specification().validate(Project.yaml(wrong).getFirst())).isNotEmpty();
    }

    @Test
    void aServiceIsHandedWhatItReadsAndNothingElse() {
        OURS.forEach((name, image) -> {
            Set<String> read = Project.variables(image);
            read.removeAll(OF_EACH_PROCESS);
            assertThat(service(name).path("environment").propertyNames())
                    .as("variables of %s in %s, against those that its code reads", name, PRODUCTION)
                    .containsExactlyInAnyOrderElementsOf(read);
        });
    }

    @Test
    void everyVariableOfTheTemplateIsUsedAndEveryOneThatIsUsedIsInIt() {
        Set<String> template = template();
        assertThat(template)
                .as("the template, against what %s takes from it", PRODUCTION)
                .isEqualTo(interpolated());
        Set<String> fixed = new TreeSet<>(Project.variables());
        fixed.removeAll(template);
        assertThat(fixed)
                .as("read by the code, not to be set by the operator here")
                .isEqualTo(Set.of("BIND_ADDRESS", "INSTANCE_ID", "PORT", "STATE_DIR"));
    }

    /** A value that the template shows is the one that holds without it. */
    @Test
    void theTemplateShowsTheDefaultsOfTheFile() {
        String file = Project.read("deploy/compose/" + PRODUCTION);
        Project.read("deploy/compose/.env.production.template").lines().forEach(line -> {
            Matcher shown = Pattern.compile("#([A-Z][A-Z0-9_]*)=(.+)").matcher(line);
            if (shown.matches()) {
                Matcher used = Pattern.compile("\\$\\{" + shown.group(1) + ":?-([^}]+)}")
                        .matcher(file);
                while (used.find()) {
                    if (!used.group().startsWith("${POSTGRES_SSLMODE")) { // of Grafana alone
                        assertThat(used.group(1)).as(shown.group(1)).isEqualTo(shown.group(2));
                    }
                }
            }
        });
    }

    /** Of numbers, which the code gives beside the names. */
    @Test
    void theTemplateShowsTheDefaultsOfTheCode() {
        Map<String, Double> shown = new TreeMap<>();
        Matcher line = Pattern.compile("(?m)^#([A-Z][A-Z0-9_]*)=([0-9]+(?:\\.[0-9]+)?)$")
                .matcher(Project.read("deploy/compose/.env.production.template"));
        while (line.find()) {
            shown.put(line.group(1), Double.valueOf(line.group(2)));
        }
        Set<String> compared = new TreeSet<>();
        for (String module : List.of("schemas", "ingress-api", "agent-worker", "tool-worker", "trace-archiver")) {
            for (Path file : Project.files(module + "/src/main/java", ".java")) {
                Matcher read = Pattern.compile("\"([A-Z][A-Z0-9_]*)\",\\s*([0-9][0-9_.]*)[,;)]")
                        .matcher(Project.read(file));
                while (read.find()) {
                    if (shown.containsKey(read.group(1))) {
                        compared.add(read.group(1));
                        assertThat(Double.valueOf(read.group(2).replace("_", "")))
                                .as(read.group(1))
                                .isEqualTo(shown.get(read.group(1)));
                    }
                }
            }
        }
        assertThat(compared).hasSizeGreaterThan(25);
        System.out.println(compared.size() + " of " + shown.size() + " numbers of the template compared with the code");
    }

    @Test
    void everyContainerIsConfinedAndBounded() {
        STACK.path("services").properties().forEach(each -> {
            JsonNode service = each.getValue();
            String name = each.getKey();
            assertThat(Project.texts(service.path("cap_drop"))).as(name).containsExactly("ALL");
            assertThat(Project.texts(service.path("security_opt"))).as(name).contains("no-new-privileges:true");
            assertThat(service.has("privileged") || service.has("cap_add") || service.has("network_mode"))
                    .as(name)
                    .isFalse();
            assertThat(service.at("/logging/options/max-size").asString())
                    .as(name)
                    .isEqualTo("10m");
            assertThat(service.at("/deploy/resources/limits/memory").asString())
                    .as(name)
                    .isNotBlank();
            assertThat(service.path("image").asString()).as(name).matches("\\$\\{[A-Z_]+:?-[^}]*}.*");
            if (OURS.containsKey(name)) {
                assertThat(service.path("read_only").asBoolean()).as(name).isTrue();
                assertThat(service.path("tmpfs").get(0).asString()).as(name).contains("exec");
            }
        });
    }

    @Test
    void everythingFitsIntoFourGigabytes() {
        int megabytes = STACK.path("services").properties().stream()
                .map(each ->
                        each.getValue().at("/deploy/resources/limits/memory").asString())
                .mapToInt(limit -> Integer.parseInt(limit.replaceAll("\\$\\{[A-Z]+_MEMORY:-(\\d+)m}", "$1")))
                .sum();
        assertThat(megabytes).isLessThanOrEqualTo(4096 - 256); // what is left is the system's
    }

    @Test
    void whoeverMustTalkSharesANetworkAndNobodyElse() {
        Map<String, String> members = new TreeMap<>();
        STACK.path("networks")
                .propertyNames()
                .forEach(network -> members.put(
                        network,
                        STACK.path("services").properties().stream()
                                .filter(each -> networks(each.getValue()).contains(network))
                                .map(Map.Entry::getKey)
                                .sorted()
                                .collect(Collectors.joining(" "))));
        assertThat(members)
                .isEqualTo(Map.of(
                        "pipeline", "agent-worker api kafka tool-worker trace-archiver",
                        "storage", "api grafana postgres trace-archiver",
                        "telemetry", "agent-worker api grafana jaeger prometheus tool-worker trace-archiver",
                        "knowledge", "qdrant",
                        "outside", "agent-worker api tool-worker",
                        "watch", "grafana jaeger prometheus trace-archiver"));
        assertThat(STACK.path("networks").properties().stream()
                        .filter(each -> !each.getValue().path("internal").asBoolean(false))
                        .map(Map.Entry::getKey))
                .containsExactlyInAnyOrder("outside", "watch");
    }

    @Test
    void portsAndNamesAreTheOnesOfTheGuide() {
        Map<String, List<String>> ports = new TreeMap<>();
        STACK.path("services").properties().stream()
                .filter(each -> each.getValue().has("ports"))
                .forEach(each -> ports.put(
                        each.getKey(),
                        Project.texts(each.getValue().path("ports")).stream()
                                .map(port -> port.replaceAll("^\\$\\{[A-Z_]+:-[0-9.]+}:", ""))
                                .toList()));
        assertThat(ports)
                .isEqualTo(Map.of(
                        "api", List.of("8000:8000"),
                        "grafana", List.of("3000:3000"),
                        "jaeger", List.of("16686:16686"),
                        "prometheus", List.of("9090:9090"),
                        "trace-archiver", List.of("8003:8003")));
        assertThat(service("postgres").path("container_name").asString()).isEqualTo("voice_agent_postgres_prod");
        assertThat(service("postgres").at("/environment/POSTGRES_DB").asString())
                .isEqualTo("voice_agent");
        assertThat(service("postgres").at("/environment/POSTGRES_USER").asString())
                .contains("agent_user");
        assertThat(service("api").path("image").asString()).contains("voice-agent-api:${IMAGE_TAG:-latest}");
    }

    @Test
    void prometheusFindsEachServiceByItsNameAndPort() {
        JsonNode configuration =
                Project.yaml(Project.read("grafana/prometheus/prometheus.yml")).getFirst();
        Set<String> known = new TreeSet<>();
        OURS.keySet().forEach(name -> {
            String port = service(name).at("/environment/PORT").asString();
            known.add(name + ":" + port);
            Project.stream(service(name).at("/networks/telemetry/aliases"))
                    .forEach(alias -> known.add(alias.asString() + ":" + port));
        });
        List<String> targets = Project.stream(configuration.path("scrape_configs"))
                .flatMap(job -> Project.texts(job.at("/static_configs/0/targets")).stream())
                .toList();
        assertThat(targets).hasSize(OURS.size());
        assertThat(known).containsAll(targets);
    }

    @Test
    void whatIsMountedOrBuiltIsThere() {
        Set<String> stages = new TreeSet<>();
        Project.find(Pattern.compile("(?m)^FROM \\S+ AS (\\S+)"), Project.read("deploy/Dockerfile"), stages);
        for (JsonNode stack : List.of(STACK, load("docker-compose.dev.yml"))) {
            stack.path("services").properties().forEach(each -> {
                for (JsonNode volume : each.getValue().path("volumes")) {
                    String source = volume.asString()
                            .replaceAll("\\$\\{[A-Z_]+:-([^}]+)}", "$1")
                            .replaceAll(":.*", "");
                    assertThat(
                                    source.startsWith(".")
                                            ? Files.exists(FOLDER.resolve(source))
                                            : STACK.path("volumes").has(source))
                            .as("%s of %s", volume, each.getKey())
                            .isTrue();
                }
                JsonNode build = each.getValue().path("build");
                if (!build.isMissingNode()) {
                    assertThat(stages).contains(build.path("target").asString());
                    assertThat(FOLDER.resolve(build.path("context").asString())
                                    .resolve(build.path("dockerfile").asString()))
                            .exists();
                }
            });
        }
    }

    /** What the container is asked for its health is what the image is, too. */
    @Test
    void healthChecksAreThoseOfTheImages() {
        String dockerfile = Project.read("deploy/Dockerfile");
        OURS.forEach((name, stage) -> {
            List<String> check = Project.texts(service(name).at("/healthcheck/test"));
            String own = dockerfile.substring(dockerfile.indexOf("AS " + stage + "\n"));
            Matcher command = Pattern.compile("CMD \\[(.+)]").matcher(own);
            assertThat(command.find()).isTrue();
            assertThat(check.subList(1, check.size()))
                    .isEqualTo(Stream.of(command.group(1).split(", "))
                            .map(part -> part.replace("\"", ""))
                            .toList());
            assertThat(own)
                    .containsPattern(
                            "EXPOSE " + service(name).at("/environment/PORT").asString() + "\n");
        });
    }

    @Test
    void composeTakesTheFilesAloneAllTogetherAndAllButOne() throws Exception {
        List<String> overrides = overrides();
        List<List<String>> combinations = new ArrayList<>(List.of(List.of(), overrides));
        for (String override : overrides) {
            combinations.add(List.of(override));
            combinations.add(
                    overrides.stream().filter(each -> !each.equals(override)).toList());
        }
        for (Tool compose : Tool.compose().toList()) {
            for (List<String> combination : combinations) {
                List<String> arguments = new ArrayList<>(List.of("--env-file", ".env.development", "-f", PRODUCTION));
                combination.forEach(file -> arguments.addAll(List.of("-f", file)));
                arguments.addAll(List.of("config", "-q"));
                assertThat(compose.run(FOLDER, arguments)).isEmpty();
            }
            System.out.println(combinations.size() + " combinations of Compose files taken by docker compose config");
        }
    }

    /** Without its own id, which is no URI. */
    private static Schema specification() {
        ObjectNode document = (ObjectNode)
                Project.JSON.readTree(Project.read("deploy/manifests/src/test/resources/compose-spec.json"));
        document.remove("$id");
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7).getSchema(document);
    }

    private static JsonNode service(String name) {
        JsonNode service = STACK.path("services").path(name);
        assertThat(service.isMissingNode()).as(name).isFalse();
        return service;
    }

    private static List<String> networks(JsonNode service) {
        JsonNode networks = service.path("networks");
        return networks.isArray() ? Project.texts(networks) : List.copyOf(networks.propertyNames());
    }

    private static Set<String> template() {
        Set<String> names = new TreeSet<>();
        Project.find(OF_TEMPLATE, Project.read("deploy/compose/.env.production.template"), names);
        return names;
    }

    private static Set<String> interpolated() {
        Set<String> names = new TreeSet<>();
        Project.find(INTERPOLATED, Project.read("deploy/compose/" + PRODUCTION), names);
        return names;
    }
}
