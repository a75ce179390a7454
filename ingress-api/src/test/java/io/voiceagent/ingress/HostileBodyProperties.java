package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.messages.Json;
import io.voiceagent.transport.KafkaSettings;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whatever a body holds, the whole service before a real broker takes it or refuses it with a code; what it takes is in the log, and what it
 * refuses is not.
 */
class HostileBodyProperties {
    private static final String SECRET = "the-answer-of-acme-5b20cc";

    private static EmbeddedBroker broker;
    private static RunningIngress service;
    private static RequestsInLog log;
    private static String victim;

    @BeforeContainer
    static void start() throws Exception {
        Path directory = Files.createTempDirectory("hostile-bodies");
        broker = EmbeddedBroker.start(directory, 0);
        service = RunningIngress.start(broker.bootstrapServers()).ready();
        log = new RequestsInLog(
                KafkaSettings.local(broker.bootstrapServers(), RunningIngress.PARTITIONS, 1), "test-hostile-bodies");
        victim = RunningIngress.json(
                        service.post("/responses", "{\"input\":\"%s\",\"background\":true}".formatted(SECRET)))
                .get("id")
                .stringValue();
    }

    @AfterContainer
    static void stop() {
        log.close();
        service.close();
        broker.close();
    }

    /** Nearly right: one place of a good request holds something else. */
    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.BOUNDED)
    void oneWrongPlace(@ForAll("changed") String body) throws Exception {
        takenOrRefused(body.getBytes(StandardCharsets.UTF_8));
    }

    /** Nearly JSON: some bytes of a good request are others. */
    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.BOUNDED)
    void someWrongBytes(@ForAll("damaged") byte[] body) throws Exception {
        takenOrRefused(body);
    }

    @Property(tries = 100, shrinking = ShrinkingMode.BOUNDED)
    void anyBytes(@ForAll byte[] body) throws Exception {
        takenOrRefused(body);
    }

    private static void takenOrRefused(byte[] body) throws Exception {
        long before = log.count();
        HttpResponse<String> answer = service.send(
                service.request(RunningIngress.GLOBEX, "/responses").POST(BodyPublishers.ofByteArray(body)));
        assertThat(answer.statusCode()).as(answer.body()).isIn(202, 400, 413, 422);
        assertThat(answer.body()).doesNotContain(SECRET);
        if (answer.statusCode() != 202) {
            JsonNode error = RunningIngress.json(answer).required("error");
            assertThat(error.required("code").stringValue()).isNotBlank();
            assertThat(error.required("message").stringValue()).isNotBlank();
        }
        assertThat(log.count() - before).isEqualTo(answer.statusCode() == 202 ? 1 : 0);
    }

    private static ObjectNode good() {
        return (ObjectNode) Json.tree("""
                {"model":"m","instructions":"i","background":true,"store":true,"parallel_tool_calls":true,"temperature":1,
                 "top_p":0.5,"max_output_tokens":100,"max_tool_calls":3,"truncation":"disabled","tool_choice":"auto",
                 "metadata":{"a":"b"},"text":{"format":{"type":"text"}},"reasoning":{"effort":"low"},
                 "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object","properties":{}}}],
                 "input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]},
                          {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
                          {"type":"function_call_output","call_id":"c","output":"b"}]}
                """);
    }

    @Provide
    static Arbitrary<String> changed() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 10_000),
                        values(),
                        Arbitraries.integers().between(0, 3))
                .as((place, value, how) -> {
                    ObjectNode body = good();
                    change(body, place, value, how);
                    // In the background, whatever became of it: nobody plays the pipeline here, so waiting would be
                    // long
                    body.put("background", true);
                    body.remove("stream");
                    return Json.mapper().writeValueAsString(body);
                });
    }

    private static void change(ObjectNode root, int place, JsonNode value, int how) {
        List<JsonNode> containers = new java.util.ArrayList<>();
        collect(root, containers);
        JsonNode container = containers.get(place % containers.size());
        if (container instanceof ObjectNode object) {
            List<String> names = List.copyOf(object.propertyNames());
            String name = names.isEmpty() || how == 0 ? "surprise" : names.get(place / 7 % names.size());
            if (how == 1) {
                object.remove(name);
            } else {
                object.set(name, value);
            }
        } else if (container instanceof ArrayNode array) {
            if (how == 0 || array.isEmpty()) {
                array.add(value);
            } else if (how == 1) {
                array.remove(place / 7 % array.size());
            } else if (how == 2) {
                array.set(place / 7 % array.size(), value);
            } else {
                array.add(array.get(0));
            }
        }
    }

    private static void collect(JsonNode node, List<JsonNode> into) {
        if (node.isContainer()) {
            into.add(node);
            node.forEach(child -> collect(child, into));
        }
    }

    private static Arbitrary<JsonNode> values() {
        Arbitrary<JsonNode> texts = Arbitraries.oneOf(
                        Arbitraries.strings().ofMaxLength(30),
                        Arbitraries.of(
                                "function", "auto", "required", "message", "system", "input_image", "", " ", "\u0000"),
                        Arbitraries.create(() -> victim))
                .map(text -> Json.mapper().valueToTree(text));
        Arbitrary<JsonNode> numbers = Arbitraries.oneOf(
                        Arbitraries.longs().map(Number.class::cast),
                        Arbitraries.doubles().map(Number.class::cast),
                        Arbitraries.bigIntegers().map(Number.class::cast))
                .map(number -> Json.mapper().valueToTree(number));
        Arbitrary<JsonNode> others = Arbitraries.of(
                        "null",
                        "true",
                        "false",
                        "[]",
                        "{}",
                        "[[]]",
                        "[null]",
                        "{\"type\":\"function\"}",
                        "{\"type\":null}")
                .map(Json::tree);
        Arbitrary<JsonNode> nested = Arbitraries.integers()
                .between(1, 300)
                .map(depth -> Json.tree("[".repeat(Math.min(depth, 90)) + "]".repeat(Math.min(depth, 90))));
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(4, texts),
                net.jqwik.api.Tuple.of(3, numbers),
                net.jqwik.api.Tuple.of(3, others),
                net.jqwik.api.Tuple.of(1, nested));
    }

    @Provide
    static Arbitrary<byte[]> damaged() {
        byte[] good = Json.write(good());
        Arbitrary<Map.Entry<Integer, Byte>> changes = Combinators.combine(
                        Arbitraries.integers().between(0, good.length - 1),
                        Arbitraries.frequencyOf(
                                net.jqwik.api.Tuple.of(2, Arbitraries.bytes()),
                                net.jqwik.api.Tuple.of(
                                        3,
                                        Arbitraries.of("{}[]\",:\\0 e-"
                                                .chars()
                                                .mapToObj(c -> (byte) c)
                                                .toList()))))
                .as(Map::entry);
        return changes.list().ofMinSize(1).ofMaxSize(4).map(list -> {
            byte[] body = Arrays.copyOf(good, good.length);
            list.forEach(change -> body[change.getKey()] = change.getValue());
            return body;
        });
    }
}
