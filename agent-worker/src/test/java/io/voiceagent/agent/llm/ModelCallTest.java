package io.voiceagent.agent.llm;

import static io.voiceagent.agent.llm.Recorder.completed;
import static io.voiceagent.agent.llm.Recorder.failed;
import static io.voiceagent.agent.llm.Recorder.impatient;
import static io.voiceagent.agent.llm.Recorder.request;
import static io.voiceagent.agent.llm.Recorder.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorOptions;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Model calls against the simulator, over real HTTP. */
@Timeout(60)
class ModelCallTest {
    private static final ModelRequest.Tool CALCULATOR = new ModelRequest.Tool(
            "calculator",
            "Calculates",
            Json.tree("{\"type\":\"object\",\"properties\":{\"expression\":{\"type\":\"string\"}}}"),
            null);

    private static Simulator simulator;
    private static ChatModelClient client;

    private final Recorder recorder = new Recorder();
    private final Stop stop = new Stop(() -> false);

    @BeforeAll
    static void start() {
        simulator = Simulator.start(SimulatorOptions.defaults().withPace(Duration.ofMillis(20), 2_000, 20));
        client = new ChatModelClient(settings(URI.create(simulator.baseUrl())));
    }

    @AfterAll
    static void end() {
        client.close();
        simulator.close();
    }

    private ModelOutcome call(ModelRequest request) throws InterruptedException {
        return client.call(Recorder.REF, request, recorder, stop, recorder);
    }

    private ModelOutcome callWith(LlmSettings settings, ModelRequest request) throws InterruptedException {
        try (ChatModelClient own = new ChatModelClient(settings)) {
            return own.call(Recorder.REF, request, recorder, stop, recorder);
        }
    }

    private static LlmSettings patience(Duration firstToken, Duration idle, int maxTries) {
        return impatient(URI.create(simulator.baseUrl()), firstToken, idle, maxTries);
    }

    @Test
    void anAnswerIsTheConcatenationOfItsDeltas() throws Exception {
        CallOutput.Model output = completed(call(request("Hello [[tokens=30]]")));

        assertThat(output.items()).isEqualTo(recorder.items()).hasSize(1);
        assertThat(output.finish()).isEqualTo(Finish.STOP);
        assertThat(output.usage().outputTokens()).isEqualTo(30);
        assertThat(output.usage().inputTokens()).isPositive();
        assertThat(output.model()).isEqualTo("test-model");
        assertThat(recorder.deltas).hasSizeGreaterThan(10);
        assertThat(recorder.firstTokens).isEqualTo(1);
    }

    @Test
    void reasoningIsAnItemOfItsOwn() throws Exception {
        CallOutput.Model output = completed(call(request("Think [[reasoning=8]]")));

        assertThat(output.items()).isEqualTo(recorder.items());
        assertThat(output.items()).hasExactlyElementsOfTypes(Item.Reasoning.class, Item.Message.class);
        assertThat(output.usage().reasoningTokens()).isEqualTo(8);
    }

    @Test
    void aRefusalIsAPartOfTheMessage() throws Exception {
        CallOutput.Model output = completed(call(request("Do it [[refuse]]")));

        assertThat(output.items()).isEqualTo(recorder.items());
        assertThat(output.items())
                .singleElement()
                .satisfies(item -> assertThat(((Item.Message) item).refuses()).isTrue());
        assertThat(recorder.text()).isEmpty();
    }

    /** The simulator checks URLs, roles and details as the real service does, and tells what it was sent. */
    @Test
    void imagesReachTheModelAsTheyCame() throws Exception {
        Item message = new Item.Message(
                Item.Role.USER,
                "What are these?",
                List.of(
                        new Item.Content.Text("What are these?"),
                        new Item.Content.Image("data:image/png;base64,AAAA", "low"),
                        new Item.Content.Image("https://example.com/a%20b.png?c=d&e", "auto")));
        completed(call(request(List.of(message))));

        assertThat(recorder.text())
                .contains("2 image(s): image/png of 3 bytes, low; https://example.com/a%20b.png?c=d&e, auto");
    }

    @Test
    void whatOnlySomeEndpointsKnowIsSentToThoseThatDo() {
        ModelRequest request = new ModelRequest(
                "m",
                List.of(new Item.Message(Item.Role.USER, "x")),
                List.of(),
                ToolChoice.AUTO,
                true,
                null,
                null,
                null,
                null,
                null,
                "flex",
                "cache-1",
                "user-1",
                3);

        assertThat(custom(request, true))
                .containsEntry("service_tier", "flex")
                .containsEntry("logprobs", true)
                .containsEntry("top_logprobs", 3)
                .containsEntry("prompt_cache_key", "cache-1")
                .containsEntry("safety_identifier", "user-1");
        assertThat(custom(request, false)).containsOnlyKeys("service_tier", "logprobs", "top_logprobs");
    }

    @Test
    void logProbabilitiesComeWithTheTextTheyAreOf() throws Exception {
        ModelRequest asked = new ModelRequest(
                "m",
                List.of(new Item.Message(Item.Role.USER, "Say. [[tokens=6]]")),
                List.of(),
                ToolChoice.AUTO,
                true,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                2);
        completed(call(asked));

        assertThat(recorder.deltas).hasSize(6).allSatisfy(delta -> {
            Frame.Text text = (Frame.Text) delta;
            assertThat(text.logprobs()).singleElement().satisfies(logprob -> {
                assertThat(logprob.token()).isEqualTo(text.text());
                assertThat(logprob.logprob()).isNegative();
                assertThat(logprob.bytes()).isNull();
                assertThat(logprob.top())
                        .hasSize(2)
                        .first()
                        .satisfies(top -> assertThat(top.token()).isEqualTo(text.text()));
            });
        });
    }

    private static Map<String, Object> custom(ModelRequest request, boolean clientFields) {
        var chat = new ChatRequests("m", ChatRequests.MaxTokensField.MAX_TOKENS, clientFields).toChat(request);
        return ((OpenAiChatRequestParameters) chat.parameters()).customParameters();
    }

    @Test
    void parallelToolCallsComeAsItemsWithIdsOfTheirOwn() throws Exception {
        CallOutput.Model output = completed(call(request(
                "[[call=calculator {\"expression\":\"1+1\"}]] [[call=calculator {\"expression\":\"2+2\"}]]",
                CALCULATOR)));

        assertThat(output.finish()).isEqualTo(Finish.TOOL_CALLS);
        assertThat(output.items()).isEqualTo(recorder.items()).hasSize(2);
        assertThat(output.items())
                .map(item -> Json.tree(((Item.ToolCall) item).arguments())
                        .path("expression")
                        .asString())
                .containsExactly("1+1", "2+2");
        assertThat(output.items())
                .map(item -> ((Item.ToolCall) item).callId())
                .doesNotHaveDuplicates()
                .allSatisfy(id -> assertThat(id).isNotBlank());
    }

    @Test
    void aCallWithoutArgumentsIsNotLost() throws Exception {
        CallOutput.Model output = completed(call(request("[[call=calculator]]", CALCULATOR)));

        assertThat(output.items()).isEqualTo(recorder.items());
        assertThat(output.items())
                .singleElement()
                .satisfies(
                        item -> assertThat(((Item.ToolCall) item).arguments()).isEqualTo("{}"));
    }

    @Test
    void argumentsThatAreNoJsonAreGivenOnAsTheyCame() throws Exception {
        CallOutput.Model output = completed(call(request("[[fault=malformed]]", CALCULATOR)));

        assertThat(output.items()).isEqualTo(recorder.items());
        assertThat(output.items())
                .singleElement()
                .satisfies(
                        item -> assertThat(((Item.ToolCall) item).arguments()).contains("broken"));
    }

    @Test
    void aBoundOnTheTokensEndsWithLength() throws Exception {
        ModelRequest bounded = new ModelRequest(
                "test-model",
                List.of(new Item.Message(Item.Role.USER, "Long [[tokens=100]]")),
                List.of(),
                ToolChoice.AUTO,
                true,
                7,
                0.5,
                0.9,
                null,
                null);

        assertThat(completed(call(bounded)).finish()).isEqualTo(Finish.LENGTH);
    }

    @Test
    void aStopBeforeTheFirstTokenClosesTheStreamAtOnce() throws Exception {
        stopWhileItWaits("[[ttft=30000]] [[tag=stop-early]]", "stop-early");
    }

    @Test
    void aStopBeforeTheHeadersClosesTheConnectionAtOnce() throws Exception {
        stopWhileItWaits("[[fault=silent]] [[tag=stop-silent]]", "stop-silent");
    }

    private void stopWhileItWaits(String text, String tag) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ModelOutcome> outcome = threads.submit(() -> call(request(text)));
            await().until(() -> simulator.stats().tag(tag).requests() == 1);
            long ordered = System.nanoTime();
            stop.order();
            assertThat(outcome.get()).isEqualTo(new ModelOutcome.Stopped(null));
            await().atMost(Duration.ofSeconds(2))
                    .until(() -> simulator.stats().tag(tag).aborted() == 1);
            assertThat(Duration.ofNanos(System.nanoTime() - ordered)).isLessThan(Duration.ofSeconds(2));
        }
        assertThat(recorder.deltas).isEmpty();
    }

    @Test
    void aStopInMidAnswerClosesTheStreamAndKeepsWhatCame() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ModelOutcome> outcome =
                    threads.submit(() -> call(request("[[tps=50]] [[tokens=5000]] [[tag=stop-mid]]")));
            await().until(() -> recorder.deltas.size() > 5);
            stop.order();
            ModelOutcome.Stopped stopped = (ModelOutcome.Stopped) outcome.get();
            assertThat(stopped.output()).isNotNull();
            assertThat(stopped.output().items()).isEqualTo(recorder.items());
            await().atMost(Duration.ofSeconds(2))
                    .until(() -> simulator.stats().tag("stop-mid").aborted() == 1);
        }
    }

    @Test
    void aStopDuringTheWaitForARetryEndsIt() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ModelOutcome> outcome = threads.submit(() -> call(request("[[fault=429]] [[tag=stop-wait]]")));
            await().until(() -> !recorder.retries.isEmpty());
            stop.order();
            assertThat(outcome.get()).isEqualTo(new ModelOutcome.Stopped(null));
        }
        assertThat(simulator.stats().tag("stop-wait").requests()).isEqualTo(1);
    }

    @Test
    void aRateLimitIsWaitedOutAsTheEndpointAsks() throws Exception {
        long begin = System.nanoTime();
        CallOutput.Model output = completed(call(request("[[fault=429:1]] [[tag=limited]]")));

        assertThat(output.items()).isEqualTo(recorder.items()).isNotEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(recorder.retries)
                .singleElement()
                .satisfies(f -> assertThat(f.type()).isEqualTo("429"));
        assertThat(simulator.stats().tag("limited").requests()).isEqualTo(2);
    }

    @Test
    void aServerErrorThatStaysEndsTheAttemptAsRetryable() throws Exception {
        Failure failure = failed(call(request("[[fault=500]] [[tag=broken]]")));

        assertThat(failure.retryable()).isTrue();
        assertThat(failure.type()).isEqualTo("500");
        assertThat(failure.error().code()).isEqualTo(ErrorCodes.MODEL_ERROR);
        assertThat(simulator.stats().tag("broken").requests()).isEqualTo(3);
        assertThat(recorder.deltas).isEmpty();
    }

    @Test
    void aCutStreamIsNeverAnAnswerAndNotRepeatedInSecret() throws Exception {
        Failure failure = failed(call(request("[[cut=5]] [[tokens=30]] [[tag=cut]]")));

        assertThat(failure.retryable()).isTrue();
        assertThat(simulator.stats().tag("cut").requests()).isEqualTo(1);
        assertThat(recorder.deltas).isNotEmpty();
    }

    @Test
    void aStreamCutBeforeItsFirstTokenIsRepeated() throws Exception {
        CallOutput.Model output = completed(call(request("[[cut=0:1]] [[tag=cut-early]]")));

        assertThat(output.items()).isEqualTo(recorder.items()).isNotEmpty();
        assertThat(simulator.stats().tag("cut-early").requests()).isEqualTo(2);
    }

    @Test
    void aStreamThatFallsSilentFailsAfterTheIdleTime() throws Exception {
        Failure failure = failed(callWith(
                patience(Duration.ofSeconds(5), Duration.ofMillis(300), 3), request("[[stall=3]] [[tag=stall]]")));

        assertThat(failure.type()).isEqualTo("idle_timeout");
        assertThat(failure.retryable()).isTrue();
        await().until(() -> simulator.stats().tag("stall").aborted() == 1);
    }

    @Test
    void anEndpointThatSendsNoTokenIsTriedAgain() throws Exception {
        CallOutput.Model output = completed(callWith(
                patience(Duration.ofMillis(400), Duration.ofSeconds(5), 3), request("[[fault=hang:1]] [[tag=hang]]")));

        assertThat(output.items()).isNotEmpty();
        assertThat(recorder.retries)
                .singleElement()
                .satisfies(f -> assertThat(f.type()).isEqualTo("first_token_timeout"));
        await().until(() -> simulator.stats().tag("hang").aborted() == 1);
    }

    @Test
    void anEndpointThatSendsNotEvenHeadersTimesOut() throws Exception {
        Failure failure = failed(callWith(
                patience(Duration.ofMillis(300), Duration.ofSeconds(5), 1), request("[[fault=silent]] [[tag=mute]]")));

        assertThat(failure.type()).isEqualTo("first_token_timeout");
        await().until(() -> simulator.stats().tag("mute").aborted() == 1);
    }

    @Test
    void aWrongContentTypeIsRefused() throws Exception {
        Failure failure = failed(
                callWith(patience(Duration.ofSeconds(5), Duration.ofSeconds(5), 1), request("[[fault=badtype]]")));

        assertThat(failure.type()).isEqualTo("malformed");
        assertThat(failure.retryable()).isTrue();
        assertThat(recorder.deltas).isEmpty();
    }

    @Test
    void anEndlessAnswerIsBrokenOff() throws Exception {
        LlmSettings base = settings(URI.create(simulator.baseUrl()));
        LlmSettings small = new LlmSettings(
                base.baseUrl(),
                null,
                base.defaultModel(),
                base.connectTimeout(),
                base.firstTokenTimeout(),
                base.idleTimeout(),
                3,
                base.retryTime(),
                1_000,
                base.maxTokensField(),
                false);
        Failure failure = failed(callWith(small, request("[[fault=endless]] [[tps=20000]] [[tag=endless]]")));

        assertThat(failure.type()).isEqualTo("too_large");
        assertThat(failure.retryable()).isFalse();
        assertThat(recorder.text()).hasSizeLessThanOrEqualTo(1_000);
        await().until(() -> simulator.stats().tag("endless").aborted() == 1);
    }

    @Test
    void whatTheSinkThrowsEndsTheCallAndTheStream() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ModelOutcome> outcome = threads.submit(() -> client.call(
                    Recorder.REF,
                    request("[[tps=50]] [[tokens=5000]] [[tag=sink]]"),
                    delta -> {
                        throw new IllegalStateException("the log is away");
                    },
                    stop,
                    recorder));
            assertThat(outcome)
                    .failsWithin(Duration.ofSeconds(5))
                    .withThrowableThat()
                    .withMessageContaining("the log is away");
            await().until(() -> simulator.stats().tag("sink").aborted() == 1);
        }
    }

    @Test
    void anEndpointThatIsNotThereFailsAsRetryable() throws Exception {
        Failure failure = failed(callWith(
                impatient(URI.create("http://127.0.0.1:1/v1"), Duration.ofSeconds(5), Duration.ofSeconds(5), 1),
                request("Hello")));

        assertThat(failure.type()).isEqualTo("connect");
        assertThat(failure.retryable()).isTrue();
    }

    @Test
    void fiveHundredCallsAtOnceTakeLittleMoreThanOne() throws Exception {
        long begin = System.nanoTime();
        try (ChatModelClient patient =
                        new ChatModelClient(patience(Duration.ofSeconds(30), Duration.ofSeconds(30), 1));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<ModelOutcome>> calls = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                int number = i;
                calls.add(CompletableFuture.supplyAsync(
                        () -> {
                            Recorder own = new Recorder();
                            try {
                                ModelOutcome outcome = patient.call(
                                        Recorder.REF,
                                        request("Call " + number + " [[ttft=1000]] [[tps=25]] [[tokens=50]]"),
                                        own,
                                        new Stop(() -> false),
                                        own);
                                assertThat(completed(outcome).items()).isEqualTo(own.items());
                                return outcome;
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        threads));
            }
            assertThat(calls)
                    .allSatisfy(
                            call -> assertThat(completed(call.get()).finish()).isEqualTo(Finish.STOP));
        }
        // One takes 3 s; the machine that runs the tests is shared, so the bound is wide
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
        System.out.printf("500 calls of 3 s at once: %.1f s%n", (System.nanoTime() - begin) / 1e9);
    }
}
