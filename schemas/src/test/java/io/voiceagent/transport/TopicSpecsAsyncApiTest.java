package io.voiceagent.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** Clean-up and retention of each topic are what the published description says. */
class TopicSpecsAsyncApiTest {
    @Test
    void topicsAreMadeAsTheDescriptionSays() throws Exception {
        Map<String, Object> document;
        try (Reader reader = Files.newBufferedReader(Path.of("src/main/resources/asyncapi.yaml"))) {
            document = new Yaml().load(reader);
        }
        Map<String, String> described = new TreeMap<>();
        at(document, "channels").forEach((name, channel) -> {
            Map<String, Object> configuration = at(at(at(channel, "bindings"), "kafka"), "topicConfiguration");
            described.put(String.valueOf(at(document, "channels", name).get("address")), text(configuration));
        });
        Map<String, String> made = new TreeMap<>();
        for (TopicSpec spec : TopicSpecs.all(KafkaSettings.local("localhost:9092", 4, 4))) {
            String name = spec.name().endsWith(".dlt") ? "{topic}.dlt" : spec.name();
            made.put(name, text(spec.configs()));
        }
        assertThat(made).isEqualTo(described);
    }

    private static String text(Map<String, ?> configuration) {
        Map<String, String> compared = new LinkedHashMap<>();
        for (String key : new String[] {"cleanup.policy", "retention.ms"}) {
            compared.put(key, String.valueOf(configuration.get(key)).replaceAll("[\\[\\] ]", ""));
        }
        return compared.toString();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> at(Object parent, String... keys) {
        Object node = parent;
        for (String key : keys) {
            node = Objects.requireNonNull(((Map<String, Object>) node).get(key), key);
        }
        return (Map<String, Object>) node;
    }
}
