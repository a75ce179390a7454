package io.voiceagent.messages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;

/** The AsyncAPI description names every topic, every header and every message that the code has, and none besides. */
class AsyncApiTest {
    private static Map<String, Object> document = Map.of();

    @BeforeAll
    static void read() throws IOException {
        try (Reader reader = Files.newBufferedReader(Path.of("src/main/resources/asyncapi.yaml"))) {
            document = new Yaml().load(reader);
        }
    }

    @Test
    void everyTopicIsAChannel() throws Exception {
        Set<String> topics = new TreeSet<>();
        for (String topic : constants(Topics.class)) {
            topics.add(topic.equals(Topics.DLT_SUFFIX) ? "{topic}" + topic : topic);
        }
        Set<String> addresses = map(document, "channels").values().stream()
                .map(channel -> String.valueOf(((Map<?, ?>) channel).get("address")))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(addresses).isEqualTo(topics);
    }

    @ParameterizedTest
    @CsvSource({
        "agent.requests, io.voiceagent.messages.Request",
        "agent.steps, io.voiceagent.messages.StepEvent",
        "agent.stream, io.voiceagent.messages.Frame",
        "llm.results, io.voiceagent.messages.CallResult",
        "tool.results, io.voiceagent.messages.CallResult",
        "workers, io.voiceagent.messages.Announcement",
        "tools, io.voiceagent.messages.ToolDescription",
        "agent.usage, io.voiceagent.messages.TenantUsage"
    })
    void aChannelHasAllMessagesOfItsType(String channel, Class<?> root) {
        assertThat(messages(channel)).isEqualTo(names(root));
    }

    @Test
    void bothCallsChannelsTogetherHaveAllCalls() {
        Set<String> described = new TreeSet<>(messages("llm.calls"));
        described.addAll(messages("tool.calls"));
        assertThat(described).isEqualTo(names(Call.class));
    }

    @Test
    void everyMessagePointsToItsPublishedSchema() {
        Map<String, Object> messages = map(map(document, "components"), "messages");
        assertThat(messages.keySet()).isEqualTo(Samples.all().keySet());
        messages.forEach((name, message) -> {
            String schema = String.valueOf(map(message, "payload").get("$ref"));
            assertThat(schema).isEqualTo("schemas/v1/" + name + ".json");
            assertThat(Path.of("src/main/resources").resolve(schema)).exists();
        });
    }

    @Test
    void everyHeaderIsDescribed() throws Exception {
        Map<String, Object> schemas = map(map(document, "components"), "schemas");
        Set<String> described =
                new TreeSet<>(map(schemas.get("headers"), "properties").keySet());
        described.addAll(map(schemas.get("dead-letter-headers"), "properties").keySet());
        assertThat(described).isEqualTo(constants(Headers.class));
        Object version =
                map(map(schemas.get("headers"), "properties"), "schema-version").get("const");
        assertThat(version).isEqualTo(String.valueOf(Headers.CURRENT_SCHEMA_VERSION));
    }

    @Test
    void everyChannelIsWrittenAndRead() {
        Map<String, Object> operations = map(document, "operations");
        for (String channel : map(document, "channels").keySet()) {
            Set<Object> actions = operations.values().stream()
                    .filter(operation -> map(operation, "channel").get("$ref").equals("#/channels/" + channel))
                    .map(operation -> ((Map<?, ?>) operation).get("action"))
                    .collect(Collectors.toSet());
            assertThat(actions).as(channel).contains("send");
            if (!channel.equals("deadLetters")) {
                assertThat(actions).as(channel).contains("receive");
            }
        }
    }

    private static Set<String> messages(String channel) {
        return new TreeSet<>(
                map(map(map(document, "channels"), channel), "messages").keySet());
    }

    private static Set<String> names(Class<?> root) {
        return Samples.all().entrySet().stream()
                .filter(sample -> root.isInstance(sample.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> constants(Class<?> type) throws IllegalAccessException {
        Set<String> values = new TreeSet<>();
        for (var field : Arrays.stream(type.getFields())
                .filter(f -> Modifier.isStatic(f.getModifiers()) && f.getType() == String.class)
                .toList()) {
            values.add(Objects.requireNonNull((String) field.get(null)));
        }
        return values;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(@Nullable Object parent, String key) {
        return Objects.requireNonNull(
                (Map<String, Object>) ((Map<String, Object>) Objects.requireNonNull(parent)).get(key), key);
    }
}
