package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.faults.ApiClient.Event;
import io.voiceagent.simulator.SimulatorOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Two of each worker under load, one of each killed in mid-turn: every accepted turn ends, and says what the model says. */
class KilledWorkersTest {
    private static final Logger LOG = LoggerFactory.getLogger(KilledWorkersTest.class);
    private static final int CLIENTS = 16;
    private static final String HELD = "voice_agent_stage_calls_held";
    private static final Duration LONG = Duration.ofSeconds(120);

    @TempDir
    static Path directory;

    @AutoClose
    private static Cluster cluster;

    @AutoClose
    private static EffectServer effects;

    private static ManagedProcess doomedAgent;
    private static ManagedProcess doomedTool;
    private static ApiClient one;
    private static ApiClient two;

    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final AtomicLong delivered = new AtomicLong();

    private record Finished(String text, List<Event> events) {
        JsonNode response() {
            return events.getLast().json().path("response");
        }
    }

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(directory, SimulatorOptions.defaults());
        effects = EffectServer.start(Duration.ofSeconds(2));
        doomedAgent = cluster.agentWorker("agent-one");
        doomedTool = cluster.toolWorker("tool-one", effects);
        ManagedProcess agent = cluster.agentWorker("agent-two");
        ManagedProcess tool = cluster.toolWorker("tool-two", effects);
        ManagedProcess first = cluster.ingress("ingress-one");
        ManagedProcess second = cluster.ingress("ingress-two");
        cluster.awaitHealthy(doomedAgent, doomedTool, agent, tool, first, second);
        one = new ApiClient(cluster.url("ingress-one"), Cluster.KEY);
        two = new ApiClient(cluster.url("ingress-two"), Cluster.KEY);
        Cluster.awaitTools(one, two);
    }

    @Test
    void everyTurnEndsWithTheModelsOwnWordsAndNoEffectTwice() throws Exception {
        List<Finished> turns = new ArrayList<>();
        long killedAt;
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Finished>>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                running.add(clients.submit(this::keepAsking));
            }
            Cluster.await("first answers", LONG, () -> delivered.get() > 2_000);
            Cluster.await(
                    "both to be in the middle of calls",
                    LONG,
                    () -> cluster.meter("agent-one", HELD) >= 3 && cluster.meter("tool-one", HELD) >= 2);
            doomedTool.kill();
            doomedAgent.kill();
            killedAt = System.nanoTime();
            long before = numbers.get();
            Cluster.await("turns begun after the kill", LONG, () -> numbers.get() > before + 2 * CLIENTS);
            enough.set(true);
            for (Future<List<Finished>> client : running) {
                turns.addAll(client.get());
            }
        }
        report(turns, killedAt);
        assertThat(turns).hasSize(numbers.get());
        turns.forEach(KilledWorkersTest::checkTurn);
        assertThat(effects.effects().values()).as("effects by idempotency key").allMatch(times -> times.get() == 1);
        assertThat(turns).as("turns with a second attempt").anyMatch(KilledWorkersTest::superseded);
        assertThat(turns).as("turns with a call of unknown outcome").anyMatch(KilledWorkersTest::unknown);
    }

    private List<Finished> keepAsking() {
        List<Finished> mine = new ArrayList<>();
        while (!enough.get()) {
            int number = numbers.incrementAndGet();
            boolean tools = number % 2 == 0;
            String text = tools
                    ? "Number " + number + ": what is " + number + "*3, and record_effect it. [[tps=40]]"
                    : "Number " + number + ": tell me something long. [[tokens=150]] [[tps=50]]";
            String body = (tools ? Turns.tools(text) : Turns.plain(text))
                    .put("stream", true)
                    .toString();
            List<Event> events = one.createStream(body);
            delivered.addAndGet(events.size());
            mine.add(new Finished(text, events));
        }
        return mine;
    }

    private static void checkTurn(Finished turn) {
        JsonNode response = turn.response();
        String id = response.path("id").asString();
        assertThat(response.path("status").asString()).as("%s", response).isEqualTo("completed");
        for (int i = 0; i < turn.events().size(); i++) {
            assertThat(turn.events().get(i).json().path("sequence_number").asInt())
                    .isEqualTo(i);
        }
        DirectModel model = new DirectModel(cluster.simulator().baseUrl());
        boolean tools = !Turns.calls(response).isEmpty();
        String expected = tools ? model.answer(turn.text(), response) : model.answer(turn.text());
        assertThat(Turns.text(response)).as(id).isEqualTo(expected);
        JsonNode message = response.path("output").path(response.path("output").size() - 1);
        assertThat(Turns.deltas(turn.events(), message.path("id").asString()))
                .as(id)
                .isEqualTo(expected);
        assertThat(two.stream(id, -1).stream().map(Event::data).toList())
                .as("a late reader at the other ingress, " + id)
                .isEqualTo(turn.events().stream().map(Event::data).toList());
    }

    private static boolean superseded(Finished turn) {
        return turn.events().stream()
                .anyMatch(event -> event.name().equals("response.output_item.done")
                        && event.json().path("item").path("status").asString("").equals("incomplete"));
    }

    private static boolean unknown(Finished turn) {
        return Turns.calls(turn.response()).stream()
                .anyMatch(call -> !call.path("error").isNull());
    }

    private static void report(Collection<Finished> turns, long killedAt) {
        long longest = 0;
        int held = 0;
        for (Finished turn : turns) {
            List<Event> events = turn.events();
            for (int i = 1; i < events.size(); i++) {
                long gap = events.get(i).nanos() - events.get(i - 1).nanos();
                if (events.get(i).nanos() > killedAt && gap > 1_000_000_000L) {
                    longest = Math.max(longest, gap);
                    held++;
                }
            }
        }
        LOG.info(
                "{} turns, {} with a second attempt, {} effects, {} with an unknown outcome of a call;"
                        + " {} gaps over 1 s after the kill, the longest {} ms",
                turns.size(),
                turns.stream().filter(KilledWorkersTest::superseded).count(),
                effects.effects().size(),
                turns.stream().filter(KilledWorkersTest::unknown).count(),
                held,
                longest / 1_000_000);
    }
}
