package io.voiceagent.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class ScriptTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final SimulatorOptions OPTIONS = SimulatorOptions.defaults();
    private static final String TOOLS = """
            [{"type":"function","function":{"name":"calculator","parameters":{"type":"object","required":["expression"],
               "properties":{"expression":{"type":"string"}}}}},
             {"type":"function","function":{"name":"current_time","parameters":{"type":"object",
               "properties":{"timezone":{"type":"string"}}}}},
             {"type":"function","function":{"name":"web_search","parameters":{"type":"object","required":["query"],
               "properties":{"query":{"type":"string"}}}}},
             {"type":"function","function":{"name":"book_table","parameters":{"type":"object","required":["seats"],
               "properties":{"seats":{"type":"integer"}}}}}]
            """;

    @Property
    void theSameRequestGivesTheSamePlan(@ForAll String text) {
        ObjectNode body = body(text.replace("[[", "") + ".", true);
        assertThat(plan(body, 0)).isEqualTo(plan(body, 0));
    }

    @Property
    void anAnswerHasTheLengthAskedForAndSaysWhatItIs(@ForAll @IntRange(min = 1, max = 2_000) int tokens) {
        Plan.Reply reply = reply(body("Hello [[tokens=" + tokens + "]]", false));
        assertThat(reply.steps()).hasSize(tokens);
        assertThat(reply.usage().completionTokens()).isEqualTo(tokens);
        assertThat(reply.ending()).isEqualTo(Plan.Ending.STOP);
        assertThat(text(reply)).startsWith("Simulated");
    }

    @Property
    void aTokenLimitHolds(@ForAll @IntRange(min = 1, max = 100) int most) {
        Plan.Reply reply = reply(body("Hello [[tokens=50]]", false).put("max_completion_tokens", most));
        assertThat(reply.steps()).hasSize(Math.min(50, most));
        assertThat(reply.ending()).isEqualTo(most < 50 ? Plan.Ending.LENGTH : Plan.Ending.STOP);
    }

    @Property
    void tokensComeInOrder(@ForAll @IntRange(min = 0, max = 1_000) int index, @ForAll long seed) {
        Timing timing = new Timing(Duration.ofMillis(200), 100, Duration.ofMillis(50), seed);
        assertThat(timing.dueNanos(index + 1)).isGreaterThanOrEqualTo(timing.dueNanos(index));
    }

    @Test
    void quotesTheQuestion() {
        assertThat(text(reply(body("How are you?", false))))
                .contains("no model ran")
                .contains("\"How are you?\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "what is 12*7?            | calculator {\"expression\":\"12*7\"}",
                "what time is it?         | current_time {}",
                "the time in Asia/Tokyo   | current_time {\"timezone\":\"Asia/Tokyo\"}",
                "search for cats          | web_search {\"query\":\"search for cats\"}",
                "please book_table for me | book_table {\"seats\":1}",
                "[[call=nope {\"x\":1}]]  | nope {\"x\":1}",
                "2*3, and the news        | calculator {\"expression\":\"2*3\"} web_search {\"query\":\"2*3, and the news\"}"
            })
    void callsTheToolsThatTheTextAsksFor(String text, String calls) {
        Plan.Reply reply = reply(body(text, true));
        assertThat(calls(reply)).isEqualTo(calls);
        assertThat(reply.ending()).isEqualTo(Plan.Ending.TOOL_CALLS);
    }

    @Test
    void callsOneToolWhereParallelCallsAreOff() {
        ObjectNode body = body("2*3, and the news", true).put("parallel_tool_calls", false);
        assertThat(calls(reply(body))).isEqualTo("calculator {\"expression\":\"2*3\"}");
    }

    @Test
    void honoursToolChoice() {
        assertThat(calls(reply(body("what is 2*3", true).put("tool_choice", "none"))))
                .isEmpty();
        assertThat(calls(reply(body("hello", true).put("tool_choice", "required"))))
                .startsWith("calculator");
        ObjectNode named = body("what is 2*3", true);
        named.putObject("tool_choice")
                .put("type", "function")
                .putObject("function")
                .put("name", "book_table");
        assertThat(calls(reply(named))).isEqualTo("book_table {\"seats\":1}");
    }

    @Test
    void answersWithTheResultsOfTools() {
        ObjectNode body = body("what is 2*3?", true);
        addRound(body, "6");
        Plan.Reply reply = reply(body);
        assertThat(reply.ending()).isEqualTo(Plan.Ending.STOP);
        assertThat(text(reply)).contains("calculator returned 6;");
    }

    @Property(tries = 8)
    void callsToolsForTheRoundsAskedFor(@ForAll @IntRange(min = 1, max = 8) int rounds) {
        ObjectNode body = body("[[rounds=" + rounds + "]] go", true);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            Plan.Reply reply = reply(body);
            assertThat(reply.ending()).isEqualTo(Plan.Ending.TOOL_CALLS);
            ids.add(addRound(body, "x"));
        }
        assertThat(reply(body).ending()).isEqualTo(Plan.Ending.STOP);
        assertThat(ids).doesNotHaveDuplicates();
    }

    @Test
    void malformedArgumentsAreNoJson() {
        String calls = calls(reply(body("what is 2*3 [[fault=malformed]]", true)));
        assertThat(calls).startsWith("calculator {");
        assertThatThrownBy(() -> JSON.readTree(calls.substring("calculator ".length())))
                .isInstanceOf(JacksonException.class);
    }

    @Test
    void faultsEndAsTheirNamesSay() {
        assertThat(plan(body("[[fault=429:1]]", false), 0)).isInstanceOfSatisfying(Plan.Reject.class, reject -> {
            assertThat(reject.status()).isEqualTo(429);
            assertThat(reject.retryAfterSeconds()).hasValue(1);
        });
        assertThat(plan(body("[[fault=429:1]]", false), 1)).isInstanceOf(Plan.Reply.class);
        assertThat(plan(body("[[fault=hang]]", false), 7)).isEqualTo(new Plan.Silence(true));
        assertThat(reply(body("[[cut=3]]", false)).steps()).hasSize(3);
        assertThat(reply(body("[[cut=3]]", false)).ending()).isEqualTo(Plan.Ending.CUT);
        assertThat(reply(body("[[fault=endless]]", false)).ending()).isEqualTo(Plan.Ending.ENDLESS);
        assertThat(reply(body("[[fault=endless]]", false).put("max_tokens", 700))
                        .steps())
                .hasSize(700);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{} | model",
                "{'model':'m'} | messages",
                "{'model':'m','messages':[]} | messages",
                "{'model':'m','messages':[{'role':'king','content':'x'}]} | messages[0].role",
                "{'model':'m','messages':[{'role':'user'}]} | messages[0].content",
                "{'model':'m','messages':[{'role':'tool','tool_call_id':'a','content':'x'}]} | messages[0].role",
                "{'model':'m','messages':[{'role':'user','content':'x'},{'role':'assistant','tool_calls':[{'id':'a',"
                        + "'type':'function','function':{'name':'f','arguments':'{}'}}]}]} | messages",
                "{'model':'m','max_tokens':0,'messages':[{'role':'user','content':'x'}]} | max_tokens",
                "{'model':'m','tools':[{'type':'function','function':{'name':'a b'}}],'messages':[{'role':'user',"
                        + "'content':'x'}]} | tools[0].function.name",
                "{'model':'m','tool_choice':'required','messages':[{'role':'user','content':'x'}]} | tool_choice"
            })
    void whatTheRealServiceRefusesIsRefusedByName(String line) {
        String[] parts = line.split(" \\| ");
        JsonNode body = JSON.readTree(parts[0].replace('\'', '"'));
        assertThatThrownBy(() -> ChatRequest.parse(body))
                .isInstanceOfSatisfying(
                        InvalidRequest.class, e -> assertThat(e.param()).isEqualTo(parts[1]));
    }

    private static ObjectNode body(String text, boolean withTools) {
        ObjectNode body = JSON.createObjectNode().put("model", "m");
        body.putArray("messages").addObject().put("role", "user").put("content", text);
        if (withTools) {
            body.set("tools", JSON.readTree(TOOLS));
        }
        return body;
    }

    @Test
    void anAnswerIsOfTheFormatThatIsAskedForUnlessAMarkerWantsItWrong() {
        ObjectNode body = body("Ada [[invalid=2]]", false);
        ObjectNode schema = (ObjectNode) JSON.readTree("""
                {"type":"object","required":["name","age"],
                 "properties":{"name":{"type":"string"},"age":{"type":"integer"}}}""");
        body.putObject("response_format")
                .put("type", "json_schema")
                .putObject("json_schema")
                .put("name", "person")
                .set("schema", schema);
        ArrayNode messages = (ArrayNode) body.get("messages");
        for (int mistake = 0; mistake < 2; mistake++) {
            String wrong = text(reply(body));
            assertThatThrownBy(() -> JSON.readTree(wrong)).isInstanceOf(JacksonException.class);
            messages.addObject().put("role", "assistant").put("content", wrong);
            messages.addObject().put("role", "user").put("content", "Again, please.");
        }
        assertThat(JSON.readTree(text(reply(body)))).isEqualTo(JSON.readTree("""
                {"name":"Again, please.","age":1}"""));
        body.putObject("response_format").put("type", "json_object");
        assertThat(JSON.readTree(text(reply(body))).isObject()).isTrue();
    }

    @Test
    void aRefusalIsNoText() {
        Plan.Reply reply = reply(body("Do it [[refuse]]", false));
        assertThat(text(reply)).isEmpty();
        assertThat(reply.steps()).allMatch(step -> step instanceof Step.Refusal);
        assertThat(reply.ending()).isEqualTo(Plan.Ending.STOP);
    }

    @Test
    void imagesAreDescribedAndChecked() {
        ObjectNode body = body("What is this?", false);
        ArrayNode content = ((ObjectNode) body.at("/messages/0")).putArray("content");
        content.addObject().put("type", "text").put("text", "What is this?");
        ObjectNode image = content.addObject().put("type", "image_url").putObject("image_url");
        image.put("url", "data:image/png;base64,AAAA").put("detail", "low");
        assertThat(text(reply(body.put("max_tokens", 1_000)))).contains("1 image(s): image/png of 3 bytes, low");
        for (String bad : List.of("file:///etc/passwd", "data:image/png;base64,?", "")) {
            image.put("url", bad);
            assertThatThrownBy(() -> reply(body)).isInstanceOf(InvalidRequest.class);
        }
    }

    /** Does what a client does: adds the call the model makes, and its result. */
    private static String addRound(ObjectNode body, String result) {
        Plan.Reply reply = reply(body);
        String id = reply.steps().stream()
                .filter(step -> step instanceof Step.ToolCall)
                .map(step -> ((Step.ToolCall) step).id())
                .findFirst()
                .orElseThrow();
        ArrayNode messages = (ArrayNode) body.get("messages");
        ObjectNode call = messages.addObject()
                .put("role", "assistant")
                .putArray("tool_calls")
                .addObject()
                .put("id", id)
                .put("type", "function");
        call.putObject("function").put("name", "calculator").put("arguments", "{}");
        messages.addObject().put("role", "tool").put("tool_call_id", id).put("content", result);
        return id;
    }

    private static Plan plan(ObjectNode body, int earlier) {
        return Script.plan(ChatRequest.parse(body), earlier, OPTIONS);
    }

    private static Plan.Reply reply(ObjectNode body) {
        return (Plan.Reply) plan(body, 0);
    }

    private static String text(Plan.Reply reply) {
        return reply.steps().stream()
                .map(step -> step instanceof Step.Text(String token) ? token : "")
                .collect(Collectors.joining());
    }

    private static String calls(Plan.Reply reply) {
        StringBuilder calls = new StringBuilder();
        for (Step step : reply.steps()) {
            switch (step) {
                case Step.ToolCall(int index, String id, String name) ->
                    calls.append(calls.isEmpty() ? "" : " ").append(name).append(' ');
                case Step.Arguments(int index, String fragment) -> calls.append(fragment);
                case Step.Text text -> {}
                case Step.Refusal refusal -> {}
                case Step.Reasoning reasoning -> {}
            }
        }
        return calls.toString();
    }
}
