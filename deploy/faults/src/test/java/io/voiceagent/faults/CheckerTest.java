package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.voiceagent.faults.Accepted.Kind;
import io.voiceagent.faults.ApiClient.Event;
import io.voiceagent.messages.Json;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Breaches are planted in what customers, ingresses, the model and the world outside say; the checker finds each, and none where there is none. */
class CheckerTest {
    private static final String ASKED = "Number 1: tell me something. [[tokens=12]] [[tag=1]]";

    private static Simulator simulator;
    private static String answer;

    private final Map<String, String> streams = new ConcurrentHashMap<>();
    private final Map<String, String> polls = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer ingress;
    private EffectServer effects;
    private ToldTurn turn;

    @BeforeAll
    static void startModel() {
        simulator = Simulator.start(SimulatorOptions.defaults());
        answer = new DirectModel(simulator.baseUrl()).answer("Number 1: tell me something. [[tokens=12]]");
    }

    @AfterAll
    static void stopModel() {
        simulator.close();
    }

    @BeforeEach
    void startWorld() throws IOException {
        effects = EffectServer.start(Duration.ZERO);
        ingress = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ingress.createContext("/api/v1/responses/", this::serve);
        ingress.setExecutor(threads);
        ingress.start();
        turn = ToldTurn.plain(1, ASKED, answer);
        serve(turn);
    }

    @AfterEach
    void stopWorld() {
        ingress.stop(0);
        effects.close();
        threads.shutdownNow();
    }

    @Test
    void whereNothingIsWrongItFindsNothing() {
        Verdict verdict = check(turn.accepted());
        assertThat(verdict.breaches()).isEmpty();
        assertThat(verdict).isEqualTo(new Verdict(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of(), List.of()));
    }

    @Test
    void aTurnThatDidNotEndIsLost() {
        List<Event> events = turn.events();
        found(check(turn.accepted(events.subList(0, events.size() - 1))), Verdict::lost, "did not end");
    }

    @Test
    void aTurnThatAnIngressDidNotKnowIsLost() {
        Accepted missed = new Accepted(turn.kind(), turn.id(), ASKED, ToldTurn.BEGAN, turn.events(), 1);
        found(check(missed), Verdict::lost, "1 times missing");
    }

    @Test
    void aTurnThatEndsInAnotherWayIsFailed() {
        ToldTurn failed = serve(turn.ended(Kind.PLAIN, "failed"));
        found(check(failed.accepted()), Verdict::failed, "ended failed");
    }

    @Test
    void anEffectThatHappensTwiceIsFoundOnce() {
        Checker checker = new Checker(simulator, effects);
        effect("", "resp_1/1/0");
        effect("", "resp_1/1/0");
        found(check(checker, turn.accepted()), Verdict::duplicatedEffects, "resp_1/1/0 happened 2 times");
        assertThat(check(checker, turn.accepted()).duplicatedEffects())
                .as("in the next batch")
                .isZero();
    }

    @Test
    void oneThatMayHappenTwiceIsCountedApart() {
        effect(EffectServer.REPEATABLE, "resp_1/1/0");
        effect(EffectServer.REPEATABLE, "resp_1/1/0");
        Verdict verdict = check(turn.accepted());
        assertThat(verdict.repeatedEffects()).isEqualTo(1);
        assertThat(verdict.breaches()).isEmpty();
    }

    @Test
    void anEffectThatWasToldAndHasNotHappenedIsLost() {
        ToldTurn told = turn.withEffects("done", "done");
        ToldTurn effective = serve(told.saying(new DirectModel(simulator.baseUrl())
                .answer("Number 1: tell me something. [[tokens=12]]", told.response())));
        effect("", "resp_1/1/0");
        found(check(effective.accepted()), Verdict::lostEffects, "2 effects told, 1 happened");
        effect("", "resp_1/1/1");
        assertThat(check(effective.accepted()).breaches()).isEmpty();
    }

    @Test
    void aTextThatTheModelDoesNotSayIsMixed() {
        ToldTurn mixed = serve(turn.saying(answer + " " + answer));
        found(check(mixed.accepted()), Verdict::mixedText, "the model does not say");
    }

    @Test
    void aTextThatWasNotStreamedAsItWasAcceptedIsMixed() {
        List<Event> events = turn.events();
        String other = events.get(2).data().replace("\"delta\":\"", "\"delta\":\"again ");
        List<Event> streamed = ToldTurn.with(events, 2, other);
        streams.put(turn.id(), ToldTurn.sse(streamed));
        found(check(turn.accepted(streamed)), Verdict::mixedText, "accepted \"");
    }

    @Test
    void ofACancelledTurnTheTextIsABeginning() {
        ToldTurn cancelled = serve(turn.ended(Kind.CANCELLED, "cancelled").saying(answer.substring(0, 9)));
        assertThat(check(cancelled.accepted()).breaches()).isEmpty();
        ToldTurn mixed = serve(cancelled.saying(answer.substring(3, 9)));
        found(check(mixed.accepted()), Verdict::mixedText, "the model does not say");
    }

    @Test
    void aNumberThatIsLeftOutDisagrees() {
        List<Event> events = turn.events();
        List<Event> wrong = ToldTurn.with(
                events, 2, events.get(2).data().replace("\"sequence_number\":2", "\"sequence_number\":7"));
        streams.put(turn.id(), ToldTurn.sse(wrong));
        found(check(turn.accepted(wrong)), Verdict::disagreeing, "event 2 has another number");
    }

    @Test
    void aReaderWhoSeesAnotherEventDisagrees() {
        List<Event> events = turn.events();
        streams.put(
                turn.id(), ToldTurn.sse(ToldTurn.with(events, 2, events.get(1).data())));
        found(check(turn.accepted()), Verdict::disagreeing, "first difference at 2");
    }

    @Test
    void aReaderWhoSeesFewerEventsDisagrees() {
        List<Event> events = turn.events();
        streams.put(turn.id(), ToldTurn.sse(events.subList(0, events.size() - 2)));
        found(check(turn.accepted()), Verdict::disagreeing, "a late reader sees");
    }

    @Test
    void aPollThatTellsAnotherStoryDisagrees() {
        polls.put(turn.id(), text(turn.ended(Kind.PLAIN, "incomplete").response()));
        found(check(turn.accepted()), Verdict::disagreeing, "polled");
    }

    @Test
    void aModelCallTooManyIsCounted() {
        String tagged = "Number 7: hello. [[tokens=3]] [[tag=77]]";
        DirectModel model = new DirectModel(simulator.baseUrl());
        ToldTurn twice = serve(ToldTurn.plain(7, tagged, model.answer("Number 7: hello. [[tokens=3]]")));
        model.answer(tagged);
        assertThat(check(twice.accepted()).extraModelCalls()).isZero();
        model.answer(tagged);
        assertThat(check(twice.accepted()).extraModelCalls()).isEqualTo(1);
    }

    @Test
    void aTurnThatWaitedAfterTheHarmIsHeld() {
        Accepted held = turn.accepted(ToldTurn.delayed(turn.events(), 3, 5));
        long harmed = turn.events().get(2).nanos();
        Checker checker = new Checker(simulator, effects);
        assertThat(checker.check(List.of(held), List.of(), harmed, readers()).held())
                .containsExactly(5_020L);
        assertThat(checker.check(List.of(held), List.of(), 0, readers()).held()).isEmpty();
    }

    @Test
    void whatACustomerGaveUpWithIsABreach() {
        Verdict verdict = new Checker(simulator, effects).check(List.of(), List.of("not accepted"), 0, readers());
        assertThat(verdict.breaches()).containsExactly("refused: not accepted");
    }

    // ---- what is planted

    private static void found(Verdict verdict, ToIntFunction<Verdict> count, String words) {
        assertThat(count.applyAsInt(verdict)).as(verdict.toString()).isEqualTo(1);
        assertThat(verdict.breaches()).singleElement().asString().contains(words);
    }

    private Verdict check(Accepted accepted) {
        return check(new Checker(simulator, effects), accepted);
    }

    private Verdict check(Checker checker, Accepted accepted) {
        return checker.check(List.of(accepted), List.of(), 0, readers());
    }

    private List<ApiClient> readers() {
        return List.of(new ApiClient("http://127.0.0.1:" + ingress.getAddress().getPort(), "key"));
    }

    private ToldTurn serve(ToldTurn told) {
        streams.put(told.id(), ToldTurn.sse(told.events()));
        polls.put(told.id(), text(told.response()));
        return told;
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String id = path.substring(path.lastIndexOf('/') + 1);
            boolean stream = exchange.getRequestURI().getQuery() != null;
            byte[] body = (stream ? streams : polls).get(id).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private void effect(String kind, String key) {
        Http.send(HttpRequest.newBuilder(URI.create(effects.url() + kind))
                .header("Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private static String text(JsonNode json) {
        return new String(Json.write(json), StandardCharsets.UTF_8);
    }
}
