package io.voiceagent.messages.fold;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import tools.jackson.databind.JsonNode;

/** What holds for every turn that workers and orchestrator may write, see {@link RandomTurn}. */
@Tag("property")
class ResponseFoldProperties {
    @Property(tries = 2000)
    void anyInterleavingOfTheTwoLogsGivesTheSameEvents(@ForAll long turnSeed, @ForAll long mergeSeed) {
        RandomTurn turn = new RandomTurn(new Random(turnSeed));
        List<ResponseEvent> stepsFirst = fold(concat(turn.steps, turn.frames));

        assertThat(fold(concat(turn.frames, turn.steps))).isEqualTo(stepsFirst);
        Random random = new Random(mergeSeed);
        for (int i = 0; i < 5; i++) {
            assertThat(fold(RandomTurn.merge(random, List.of(turn.steps, turn.frames))))
                    .isEqualTo(stepsFirst);
        }
    }

    @Property(tries = 1000)
    void aReaderThatHasSeenLessHasAPrefix(@ForAll long turnSeed, @ForAll long mergeSeed) {
        RandomTurn turn = new RandomTurn(new Random(turnSeed));
        Random random = new Random(mergeSeed);
        List<Object> records = RandomTurn.merge(random, List.of(turn.steps, turn.frames));
        List<ResponseEvent> whole = fold(records);

        List<ResponseEvent> some = fold(records.subList(0, random.nextInt(records.size() + 1)));
        assertThat(some).isEqualTo(whole.subList(0, some.size()));
    }

    @Property(tries = 1000)
    void everyTurnEndsWithItsSequenceWhole(@ForAll long turnSeed) {
        RandomTurn turn = new RandomTurn(new Random(turnSeed));
        List<ResponseEvent> events = fold(concat(turn.steps, turn.frames));

        for (int i = 0; i < events.size(); i++) {
            JsonNode event = Json.tree(events.get(i).json());
            assertThat(events.get(i).sequence()).isEqualTo(i);
            assertThat(event.get("sequence_number").longValue()).isEqualTo(i);
            assertThat(event.get("type").stringValue()).isEqualTo(events.get(i).type());
        }
        assertThat(events.getFirst().type()).isEqualTo("response.created");
        assertThat(events.getLast().type()).isIn("response.completed", "response.failed", "response.incomplete");
    }

    @Property(tries = 1000)
    void everyItemIsAddedOnceAndDoneOnceAndItsDeltasAreItsText(@ForAll long turnSeed) {
        RandomTurn turn = new RandomTurn(new Random(turnSeed));
        Map<String, StringBuilder> open = new HashMap<>();
        Map<String, StringBuilder> parts = new HashMap<>();
        Map<String, String> done = new HashMap<>();
        int added = 0;
        for (ResponseEvent each : fold(concat(turn.steps, turn.frames))) {
            JsonNode event = Json.tree(each.json());
            String id = event.path("item_id").asString(event.at("/item/id").asString(""));
            switch (each.type()) {
                case "response.output_item.added" -> {
                    assertThat(event.get("output_index").intValue()).isEqualTo(added++);
                    assertThat(open.put(id, new StringBuilder())).isNull();
                    assertThat(done).doesNotContainKey(id);
                }
                case "response.output_item.done" -> {
                    StringBuilder text = open.remove(id);
                    assertThat(text).isNotNull();
                    assertThat(done.put(id, text.toString())).isNull();
                }
                case "response.created", "response.in_progress" -> {}
                case "response.completed", "response.failed", "response.incomplete" -> {
                    assertThat(open).isEmpty();
                    checkOutput(event.at("/response/output"), done);
                }
                default -> {
                    assertThat(open).containsKey(id);
                    String part = id + "/" + event.path("content_index").asInt(0);
                    StringBuilder text = parts.computeIfAbsent(part, _ -> new StringBuilder());
                    text.append(event.path("delta").asString(""));
                    open.get(id).append(event.path("delta").asString(""));
                    if (each.type().endsWith("text.done") || each.type().endsWith("refusal.done")) {
                        assertThat(event.path("text")
                                        .asString(event.path("refusal").asString("")))
                                .isEqualTo(text.toString());
                    }
                }
            }
        }
        assertThat(done).hasSize(added);
    }

    private static String texts(JsonNode item) {
        return item.path("content")
                .valueStream()
                .map(part -> part.path("text").asString(part.path("refusal").asString("")))
                .collect(Collectors.joining());
    }

    private static void checkOutput(JsonNode output, Map<String, String> done) {
        for (JsonNode item : output) {
            String id = item.get("id").stringValue();
            assertThat(done).containsKey(id);
            if (item.get("type").stringValue().equals("message")) {
                assertThat(texts(item)).isEqualTo(done.get(id));
            }
        }
    }

    @Property(tries = 1000)
    void theOutputIsTheTextOfTheAcceptedAttemptsAlone(@ForAll long turnSeed) {
        RandomTurn turn = new RandomTurn(new Random(turnSeed));
        List<ResponseEvent> events = fold(concat(turn.steps, turn.frames));
        JsonNode output = Json.tree(events.getLast().json()).at("/response/output");

        StringBuilder text = new StringBuilder();
        for (JsonNode item : output) {
            text.append(texts(item));
        }
        assertThat(text.toString()).isEqualTo(turn.acceptedText.toString());
        assertThat(turn.hostedOutputs)
                .allSatisfy((callOutput, _) -> assertThat(output.toString()).contains("\"" + callOutput + "\""));
    }

    @Property(tries = 1000)
    void callsThatWaitForApprovalAreAskedForWholeAndNumbered(@ForAll long turnSeed) {
        RandomTurn turn = new RandomTurn(new Random(turnSeed));
        List<ResponseEvent> events = fold(concat(turn.steps, turn.frames));
        List<JsonNode> asked = Json.tree(events.getLast().json())
                .at("/response/output")
                .valueStream()
                .filter(item -> item.get("type").stringValue().equals("mcp_approval_request"))
                .toList();

        assertThat(asked.stream()
                        .map(item -> item.get("arguments").stringValue())
                        .toList())
                .isEqualTo(turn.approvals);
        for (int i = 0; i < asked.size(); i++) {
            assertThat(asked.get(i).get("id").stringValue()).isEqualTo(Approvals.requestId(Turn.ID, i));
        }
    }

    private static List<ResponseEvent> fold(List<?> records) {
        ResponseFold fold = new ResponseFold(Turn.ID);
        List<ResponseEvent> events = new ArrayList<>();
        for (Object each : records) {
            events.addAll(each instanceof Frame frame ? fold.apply(frame) : fold.apply((StepEvent) each));
        }
        return events;
    }

    private static List<Object> concat(List<?> first, List<?> second) {
        List<Object> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }
}
