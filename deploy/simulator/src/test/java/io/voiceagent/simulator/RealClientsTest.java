package io.voiceagent.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two clients written for the real service read the simulator's wire format. */
class RealClientsTest {

    private static final List<ToolSpecification> TOOLS = List.of(
            ToolSpecification.builder()
                    .name("calculator")
                    .description("computes")
                    .parameters(JsonObjectSchema.builder()
                            .addStringProperty("expression")
                            .required("expression")
                            .build())
                    .build(),
            ToolSpecification.builder()
                    .name("current_time")
                    .description("tells the time")
                    .build());
    private static Simulator simulator;

    @BeforeAll
    static void start() {
        simulator = Simulator.start(SimulatorOptions.defaults().withPace(Duration.ofMillis(5), 2_000, 20));
    }

    @AfterAll
    static void stop() {
        simulator.close();
    }

    @Test
    void langchain4jStreamsTextReasoningAndUsage() throws Exception {
        Recorder recorder = new Recorder();
        streaming().chat(ask("Hello [[reasoning=3]] [[tokens=12]]"), recorder);
        ChatResponse response = recorder.done.get(10, TimeUnit.SECONDS);

        assertThat(String.join("", recorder.tokens))
                .isEqualTo(response.aiMessage().text());
        assertThat(response.aiMessage().text()).startsWith("Simulated answer, no model ran. You asked: \"Hello\"");
        assertThat(response.aiMessage().thinking()).startsWith("Simulated reasoning:");
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(15);
    }

    @Test
    void langchain4jStreamsParallelToolCalls() throws Exception {
        Recorder recorder = new Recorder();
        streaming().chat(ask("What is 12*7, and what time is it?"), recorder);
        ChatResponse response = recorder.done.get(10, TimeUnit.SECONDS);

        assertThat(response.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
        assertThat(response.aiMessage().toolExecutionRequests())
                .extracting(call -> call.name() + " " + call.arguments())
                .containsExactly("calculator {\"expression\":\"12*7\"}", "current_time {}");
        assertThat(response.aiMessage().toolExecutionRequests())
                .extracting(call -> call.id())
                .doesNotHaveDuplicates()
                .allMatch(id -> id.startsWith("call_"));
    }

    @Test
    void langchain4jKnowsTheErrors() {
        OpenAiChatModel model = OpenAiChatModel.builder()
                .baseUrl(simulator.baseUrl())
                .apiKey("any")
                .modelName("simulator")
                .maxRetries(0)
                .build();
        assertThatThrownBy(() -> model.chat("[[fault=429]]")).isInstanceOf(RateLimitException.class);
    }

    @Test
    void theOfficialClientReadsTheStream() {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(simulator.baseUrl())
                .apiKey("any")
                .build();
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        ChatCompletionCreateParams request = ChatCompletionCreateParams.builder()
                .model("simulator")
                .addUserMessage("Hello")
                .build();
        try (var stream = client.chat().completions().createStreaming(request)) {
            stream.stream().forEach(whole::accumulate);
        }
        assertThat(whole.chatCompletion().choices().getFirst().message().content())
                .hasValueSatisfying(text -> assertThat(text).startsWith("Simulated answer"));
        client.close();
    }

    private static OpenAiStreamingChatModel streaming() {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(simulator.baseUrl())
                .apiKey("any")
                .modelName("simulator")
                .returnThinking(true)
                .build();
    }

    private static ChatRequest ask(String text) {
        return ChatRequest.builder()
                .messages(UserMessage.from(text))
                .toolSpecifications(TOOLS)
                .build();
    }

    private static final class Recorder implements StreamingChatResponseHandler {
        private final Queue<String> tokens = new ConcurrentLinkedQueue<>();
        private final CompletableFuture<ChatResponse> done = new CompletableFuture<>();

        @Override
        public void onPartialResponse(String token) {
            tokens.add(token);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            done.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            done.completeExceptionally(error);
        }
    }
}
