package io.voiceagent.manifests;

import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Variables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The project's files, and what its code says of itself. */
final class Project {
    static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    static final JsonMapper JSON = JsonMapper.shared();

    /** Each service's module by the name of its image, without what they all begin with. */
    static final Map<String, String> MODULES = Map.of(
            "api", "ingress-api", "worker", "agent-worker", "tools", "tool-worker", "archiver", "trace-archiver");

    private static final Pattern NAME = Pattern.compile("\"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\"");
    /** A source that has to do with variables, in whichever way. */
    private static final Pattern OF_SETTINGS = Pattern.compile("Variables|InvalidSettingException|VARIABLE|getenv");

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([A-Z][A-Z0-9_]*)[:}]");

    /** Texts of the code that look like variables and are values of one. */
    private static final Set<String> VALUES = Set.of("SASL_SSL", "SASL_PLAINTEXT");

    private Project() {}

    static String read(String file) {
        return read(ROOT.resolve(file));
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The files of a folder and those below it whose names end so, in order. */
    static List<Path> files(String folder, String ending) {
        try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
            return files.filter(file -> file.getFileName().toString().endsWith(ending))
                    .filter(file -> !file.toString().contains("/target/"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The documents of a YAML file; a key that is there twice is an error. */
    static List<JsonNode> yaml(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        List<JsonNode> documents = new ArrayList<>();
        for (Object each : new Yaml(new SafeConstructor(options)).loadAll(text)) {
            if (each != null) {
                documents.add(JSON.valueToTree(each));
            }
        }
        return documents;
    }

    static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    /** What an array of texts holds. */
    static List<String> texts(JsonNode array) {
        return stream(array).map(JsonNode::asString).toList();
    }

    /**
     * Every environment variable that a service reads: each text that looks like the name of one in those sources of its own, and of all, that have
     * to do with variables, and each placeholder of its configuration. What is for Postgres counts only where Postgres is used.
     */
    static Set<String> variables(String service) {
        String module = MODULES.get(service);
        Set<String> names = new TreeSet<>(namesIn(module));
        names.addAll(namesIn("schemas"));
        KafkaSettings unused = KafkaSettings.from(Variables.of(name -> {
            names.add(name); // most are made from the names of Kafka's properties
            return null;
        }));
        if (files(module + "/src/main/java", ".java").stream()
                .noneMatch(file -> read(file).contains("PostgresUrl"))) {
            names.removeIf(name -> name.startsWith("POSTGRES_"));
        }
        names.removeAll(VALUES);
        return names;
    }

    /** Every variable that any service reads. */
    static Set<String> variables() {
        Set<String> names = new TreeSet<>();
        MODULES.keySet().forEach(service -> names.addAll(variables(service)));
        return names;
    }

    private static Set<String> namesIn(String module) {
        Set<String> names = new TreeSet<>();
        files(module + "/src/main/java", ".java").stream()
                .map(Project::read)
                .filter(source -> OF_SETTINGS.matcher(source).find())
                .forEach(source -> find(NAME, source, names));
        files(module + "/src/main/resources", ".yml").forEach(file -> find(PLACEHOLDER, read(file), names));
        return names;
    }

    static void find(Pattern pattern, String text, Set<String> found) {
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
    }
}
