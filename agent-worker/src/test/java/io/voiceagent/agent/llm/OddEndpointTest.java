package io.voiceagent.agent.llm;

import static io.voiceagent.agent.llm.RawEndpoint.delta;
import static io.voiceagent.agent.llm.RawEndpoint.eventStream;
import static io.voiceagent.agent.llm.RawEndpoint.finish;
import static io.voiceagent.agent.llm.RawEndpoint.status;
import static io.voiceagent.agent.llm.Recorder.completed;
import static io.voiceagent.agent.llm.Recorder.failed;
import static io.voiceagent.agent.llm.Recorder.impatient;
import static io.voiceagent.agent.llm.Recorder.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.Usage;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What endpoints really send, byte by byte: the protocol's corners, and what is not of the protocol. */
@Timeout(30)
class OddEndpointTest {
    private static final String HELLO = delta("{\"role\":\"assistant\",\"content\":\"Hello\"}");
    private static final String DONE = "data: [DONE]";

    private final Recorder recorder = new Recorder();

    private ModelOutcome call(RawEndpoint endpoint, ModelRequest request, int maxTries) throws Exception {
        try (ChatModelClient client = new ChatModelClient(
                impatient(endpoint.url(), Duration.ofSeconds(5), Duration.ofSeconds(5), maxTries))) {
            return client.call(Recorder.REF, request, recorder, new Stop(() -> false), recorder);
        }
    }

    private ModelOutcome answer(String... lines) throws Exception {
        try (RawEndpoint endpoint = new RawEndpoint(eventStream(lines))) {
            return call(endpoint, request("Hi"), 1);
        }
    }

    @Test
    void usageIsReadWithItsDetails() throws Exception {
        CallOutput.Model output = completed(answer(
                HELLO,
                finish("stop"),
                "data: {\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,"
                        + "\"completion_tokens\":7,\"total_tokens\":18,\"prompt_tokens_details\":{\"cached_tokens\":5},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":3}}}",
                DONE));

        assertThat(output.usage()).isEqualTo(new Usage(11, 5, 7, 3));
        assertThat(output.model()).isEqualTo("m-1");
    }

    @Test
    void anEndWithoutDoneMarkCountsWhenTheReasonCame() throws Exception {
        assertThat(completed(answer(HELLO, finish("stop"))).items())
                .containsExactly(new Item.Message(Item.Role.ASSISTANT, "Hello"));
    }

    @Test
    void aDoneMarkWithoutReasonIsACutAnswer() throws Exception {
        Failure failure = failed(answer(HELLO, DONE));

        assertThat(failure.type()).isEqualTo("malformed");
        assertThat(failure.retryable()).isTrue();
        assertThat(failure.error().message()).contains("finish_reason");
    }

    @Test
    void aCleanEndWithoutReasonIsACutAnswer() throws Exception {
        assertThat(failed(answer(HELLO)).retryable()).isTrue();
    }

    @Test
    void anEmptyStreamIsNoAnswer() throws Exception {
        assertThat(failed(answer("")).retryable()).isTrue();
    }

    @Test
    void aReasonOfTheEndpointsOwnIsAnEnd() throws Exception {
        assertThat(completed(answer(HELLO, finish("eos_token"), DONE)).finish()).isEqualTo(Finish.STOP);
    }

    @Test
    void aReasonThatNamesAnErrorIsNone() throws Exception {
        assertThat(failed(answer(HELLO, finish("error"), DONE)).retryable()).isTrue();
    }

    @Test
    void contentFilterIsToldAsSuch() throws Exception {
        assertThat(completed(answer(HELLO, finish("content_filter"), DONE)).finish())
                .isEqualTo(Finish.CONTENT_FILTER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: {\"choices\":[{\"delta\":{\"content\":\"He", "data: not json", "data: [1]"})
    void aChunkThatIsNoJsonFailsTheTry(String chunk) throws Exception {
        Failure failure = failed(answer(HELLO, chunk, finish("stop"), DONE));

        assertThat(failure.type()).isEqualTo("malformed");
        assertThat(failure.retryable()).isTrue();
        assertThat(recorder.text()).isEqualTo("Hello");
    }

    @Test
    void anErrorInsideTheStreamFailsTheTry() throws Exception {
        Failure failure = failed(answer(
                HELLO,
                "data: {\"error\":{\"message\":\"secret text\",\"code\":\"overloaded\"}}",
                finish("stop"),
                DONE));

        assertThat(failure.type()).isEqualTo("stream_error");
        assertThat(failure.error().message()).contains("overloaded").doesNotContain("secret");
    }

    @Test
    void aRefusalIsAPartOfItsOwn() throws Exception {
        CallOutput.Model output = completed(
                answer(delta("{\"refusal\":\"I will not\"}"), delta("{\"refusal\":\" do it\"}"), finish("stop"), DONE));

        assertThat(output.items())
                .containsExactly(new Item.Message(
                        Item.Role.ASSISTANT,
                        "I will not do it",
                        List.of(new Item.Content.Refusal("I will not do it"))));
        assertThat(output.items()).isEqualTo(recorder.items());
    }

    @Test
    void missingAndRepeatedCallIdsAreReplacedByOwnOnes() throws Exception {
        List<Item> context = List.of(
                new Item.Message(Item.Role.USER, "Hi"),
                new Item.ToolCall("call_0", "calculator", "{}"),
                new Item.ToolResult("call_0", "2", false, "calculator"));
        try (RawEndpoint endpoint = new RawEndpoint(eventStream(
                delta(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"call_0\",\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}}]}"),
                delta("{\"tool_calls\":[{\"index\":1,\"function\":{\"name\":\"b\",\"arguments\":\"{}\"}}]}"),
                delta(
                        "{\"tool_calls\":[{\"index\":2,\"id\":\"call_2\",\"function\":{\"name\":\"c\",\"arguments\":\"{}\"}}]}"),
                finish("stop"),
                DONE))) {
            CallOutput.Model output = completed(call(endpoint, request(context), 1));

            assertThat(output.finish()).isEqualTo(Finish.TOOL_CALLS);
            assertThat(output.items()).isEqualTo(recorder.items());
            assertThat(output.items())
                    .map(item -> ((Item.ToolCall) item).callId())
                    .containsExactly(
                            "call_abcdefabcdefabcdefabcdef_0_0_0", "call_abcdefabcdefabcdefabcdef_0_0_1", "call_2");
        }
    }

    @Test
    void aToolCallWithoutANameFailsTheTry() throws Exception {
        assertThat(failed(answer(
                                delta(
                                        "{\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{\"arguments\":\"{}\"}}]}"),
                                finish("tool_calls"),
                                DONE))
                        .type())
                .isEqualTo("malformed");
    }

    @Test
    void commentsAndKeepAlivesAreNothing() throws Exception {
        assertThat(completed(answer(": waiting", ": waiting", HELLO, ": x", finish("stop"), DONE))
                        .items())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "400, context_length_exceeded, context_length_exceeded, false",
        "400, invalid_value, invalid_prompt, false",
        "401, invalid_api_key, server_error, false",
        "404, model_not_found, invalid_prompt, false",
        "413, x, invalid_prompt, false",
        "302, x, server_error, false",
        "408, x, server_error, true",
        "429, rate_limit_exceeded, rate_limit_exceeded, true",
        "429, insufficient_quota, rate_limit_exceeded, false",
        "500, x, server_error, true",
        "503, overloaded, server_error, true",
    })
    void aStatusSaysWhetherItIsWorthATry(int status, String code, String expected, boolean retryable) throws Exception {
        String body = "{\"error\":{\"message\":\"Your key sk-secret and prompt are bad\",\"code\":\"" + code + "\"}}";
        try (RawEndpoint endpoint = new RawEndpoint(status(status, "", body))) {
            Failure failure = failed(call(endpoint, request("Hi"), 1));

            assertThat(failure.error().code()).isEqualTo(expected);
            assertThat(failure.retryable()).isEqualTo(retryable);
            assertThat(failure.type()).isEqualTo(Integer.toString(status));
            assertThat(failure.error().message())
                    .contains(Integer.toString(status), code)
                    .doesNotContain("sk-secret");
        }
    }

    @Test
    void aRefusedRequestIsNotRepeated() throws Exception {
        try (RawEndpoint endpoint = new RawEndpoint(status(400, "", "{}"))) {
            call(endpoint, request("Hi"), 3);
            assertThat(endpoint.bodies()).hasSize(1);
        }
    }

    @Test
    void aWishToWaitLongerThanWeMayIsHandedBack() throws Exception {
        try (RawEndpoint endpoint = new RawEndpoint(status(429, "Retry-After: 45\r\n", "{}"))) {
            Failure failure = failed(call(endpoint, request("Hi"), 3));

            assertThat(failure.retryAfter()).isEqualTo(Duration.ofSeconds(45));
            assertThat(endpoint.bodies()).hasSize(1);
        }
    }

    @Test
    void theRequestCarriesWhatWasAskedFor() throws Exception {
        JsonNode schema = Json.tree(
                "{\"type\":\"object\",\"properties\":{\"q\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}},"
                        + "\"required\":[\"q\"],\"additionalProperties\":false}");
        ModelRequest request = new ModelRequest(
                "",
                List.of(
                        new Item.Message(Item.Role.SYSTEM, "Be brief"),
                        new Item.Message(Item.Role.USER, "One"),
                        new Item.Reasoning("never sent"),
                        new Item.Message(Item.Role.ASSISTANT, "I look"),
                        new Item.ToolCall("c1", "search", "{\"q\":1}"),
                        new Item.ToolCall("c2", "search", ""),
                        new Item.Message(Item.Role.USER, "And?"),
                        new Item.ToolResult("c1", "found", false, "search")),
                List.of(new ModelRequest.Tool("search", "Searches", schema, true)),
                new ToolChoice(ToolChoice.Mode.TOOL, "search"),
                false,
                99,
                0.25,
                0.5,
                Json.tree("{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"strict\":true,\"schema\":{\"type\":"
                        + "\"object\"}}}"),
                Json.tree("{\"effort\":\"low\"}"));

        try (RawEndpoint endpoint = new RawEndpoint(eventStream(HELLO, finish("stop"), DONE))) {
            completed(call(endpoint, request, 1));
            JsonNode body = Json.tree(endpoint.bodies().getFirst());

            assertThat(endpoint.heads().getFirst())
                    .startsWith("POST /v1/chat/completions HTTP/1.1")
                    .containsIgnoringCase("authorization: Bearer sk-secret");
            assertThat(body.path("model").asString()).isEqualTo("default-model");
            assertThat(body.path("stream").asBoolean()).isTrue();
            assertThat(body.path("stream_options").path("include_usage").asBoolean())
                    .isTrue();
            assertThat(body.path("max_tokens").asInt()).isEqualTo(99);
            assertThat(body.path("temperature").asDouble()).isEqualTo(0.25);
            assertThat(body.path("top_p").asDouble()).isEqualTo(0.5);
            assertThat(body.path("parallel_tool_calls").asBoolean(true)).isFalse();
            assertThat(body.path("reasoning_effort").asString()).isEqualTo("low");
            assertThat(body.path("tools").path(0).path("function").path("parameters"))
                    .isEqualTo(schema);
            assertThat(body.path("tools")
                            .path(0)
                            .path("function")
                            .path("strict")
                            .asBoolean())
                    .isTrue();
            assertThat(body.path("tool_choice").path("function").path("name").asString())
                    .isEqualTo("search");
            assertThat(body.path("response_format")
                            .path("json_schema")
                            .path("name")
                            .asString())
                    .isEqualTo("n");
            JsonNode messages = body.path("messages");
            assertThat(messages.valueStream().map(m -> m.path("role").asString()))
                    .containsExactly("system", "user", "assistant", "tool", "tool", "user");
            assertThat(messages.path(2).path("content").asString()).isEqualTo("I look");
            assertThat(messages.path(2).path("tool_calls")).hasSize(2);
            assertThat(messages.path(3).path("content").asString()).isEqualTo("found");
            assertThat(messages.path(4).path("content").asString()).isEqualTo(ChatRequests.NO_RESULT);
        }
    }

    @Test
    void aRedirectIsNotFollowedWithTheKey() throws Exception {
        try (RawEndpoint other = new RawEndpoint(eventStream(HELLO, finish("stop"), DONE));
                RawEndpoint endpoint =
                        new RawEndpoint(status(307, "Location: " + other.url() + "/chat/completions\r\n", "{}"))) {
            failed(call(endpoint, request("Hi"), 3));
            assertThat(other.heads()).isEmpty();
        }
    }

    @Test
    void aHugeBodyIsCutOff() throws IOException, InterruptedException {
        String filler = (": " + "x".repeat(100_000) + "\n\n").repeat(500);
        try (RawEndpoint endpoint = new RawEndpoint(eventStream(filler, HELLO, finish("stop"), DONE));
                ChatModelClient client = new ChatModelClient(
                        impatient(endpoint.url(), Duration.ofSeconds(5), Duration.ofSeconds(5), 1))) {
            ModelOutcome outcome = client.call(Recorder.REF, request("Hi"), recorder, new Stop(() -> false), recorder);

            assertThat(failed(outcome).type()).isEqualTo("too_large");
            await().until(() -> endpoint.closedByClient() == 1);
        }
    }
}
