package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Json;
import io.voiceagent.simulator.SimulatorOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Services as separate processes, two ingresses: whichever a client asks, it reads the same. */
class TwoIngressesTest {
    private static final String SLOW = " [[ttft=50]] [[tps=25]] [[tokens=60]]";
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    static Path directory;

    @AutoClose
    private static Cluster cluster;

    @AutoClose
    private static EffectServer effects;

    private static ApiClient one;
    private static ApiClient two;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(directory, SimulatorOptions.defaults());
        effects = EffectServer.start(Duration.ofMillis(50));
        ManagedProcess agent = cluster.agentWorker("agent");
        ManagedProcess tool = cluster.toolWorker("tool", effects);
        ManagedProcess first = cluster.ingress("ingress-one");
        ManagedProcess second = cluster.ingress("ingress-two");
        cluster.awaitHealthy(agent, tool, first, second);
        one = new ApiClient(cluster.url("ingress-one"), Cluster.KEY);
        two = new ApiClient(cluster.url("ingress-two"), Cluster.KEY);
        Cluster.awaitTools(one, two);
    }

    @Test
    void streamsAreTheSameByteForByteWhileTheTurnRunsAndAfter() throws Exception {
        String id = submit(Turns.tools("What is 6*7, and please record_effect this." + SLOW));
        List<List<ApiClient.Event>> live = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<List<ApiClient.Event>> here = threads.submit(() -> one.stream(id, -1));
            Future<List<ApiClient.Event>> there = threads.submit(() -> two.stream(id, -1));
            live.add(here.get());
            live.add(there.get());
        }
        List<String> expected = data(live.getFirst());
        assertThat(expected).hasSizeGreaterThan(40);
        assertThat(sequences(live.getFirst())).isEqualTo(upTo(expected.size()));
        assertThat(data(live.getLast())).isEqualTo(expected);
        assertThat(data(two.stream(id, -1))).as("a late reader").isEqualTo(expected);
        JsonNode ended = two.awaitEnd(id, LONG);
        assertThat(one.get("/responses/" + id).body())
                .isEqualTo(two.get("/responses/" + id).body());
        assertThat(live.getFirst().getLast().json().path("response")).isEqualTo(ended);
        assertThat(ended.path("status").asString()).isEqualTo("completed");
        assertThat(Turns.calls(ended)).hasSize(2);
    }

    @Test
    void everyCutResumesAtTheOtherIngressWithExactlyTheRest() throws Exception {
        String id = submit(Turns.tools("What is 6*7, and please record_effect this." + SLOW));
        // In mid-turn: hang up after a few events, go on at the other ingress, again and again
        List<ApiClient.Event> pieces = new ArrayList<>();
        boolean ended = false;
        for (int cut = 1; !ended; cut++) {
            ApiClient client = cut % 2 == 0 ? one : two;
            List<ApiClient.Event> piece = client.streamFirst(id, pieces.size() - 1L, cut);
            pieces.addAll(piece);
            ended = piece.size() < cut || piece.getLast().name().equals("response.completed");
        }
        List<String> whole = data(one.stream(id, -1));
        assertThat(data(pieces)).isEqualTo(whole);
        for (int after = -1; after < whole.size(); after++) {
            List<String> rest = whole.subList(after + 1, whole.size());
            assertThat(data(one.stream(id, after)))
                    .as("starting_after " + after)
                    .isEqualTo(rest);
            assertThat(data(two.stream(id, after)))
                    .as("starting_after " + after)
                    .isEqualTo(rest);
            if (after >= 0) {
                assertThat(data(two.resume(id, after)))
                        .as("Last-Event-ID " + after)
                        .isEqualTo(rest);
            }
        }
    }

    @Test
    void anotherTenantsTurnIsNotThere() {
        String id = submit(Turns.plain("Say something."));
        ApiClient stranger = new ApiClient(cluster.url("ingress-two"), Cluster.OTHER_KEY);
        assertThat(stranger.get("/responses/" + id).statusCode()).isEqualTo(404);
        assertThat(stranger.post("/responses/" + id + "/cancel").statusCode()).isEqualTo(404);
        assertThat(two.awaitEnd(id, LONG).path("status").asString()).isEqualTo("completed");
    }

    @Test
    void aCancelAtOneIngressEndsTheTurnAndTheModelsStreamForTheOther() throws Exception {
        String id = submit(Turns.plain("Say a lot. [[tag=cancelled]] [[tokens=5000]] [[tps=50]]"));
        List<ApiClient.Event> begin = two.streamFirst(id, -1, 8);
        assertThat(one.post("/responses/" + id + "/cancel").statusCode()).isEqualTo(200);
        List<ApiClient.Event> rest = two.stream(id, begin.size() - 1L);
        assertThat(rest.getLast().json().path("response").path("status").asString())
                .isEqualTo("cancelled");
        Cluster.await(
                "the model to lose its client",
                LONG,
                () -> cluster.simulator().stats().tag("cancelled").aborted() == 1);
        assertThat(data(one.stream(id, begin.size() - 1L))).isEqualTo(data(rest));
    }

    private static String submit(ObjectNode body) {
        JsonNode accepted =
                Json.tree(one.create(body.put("background", true).toString()).body());
        assertThat(accepted.path("id").asString("")).as("%s", accepted).startsWith("resp_");
        return accepted.path("id").asString();
    }

    private static List<String> data(List<ApiClient.Event> events) {
        return events.stream().map(ApiClient.Event::data).toList();
    }

    private static List<Long> sequences(List<ApiClient.Event> events) {
        return events.stream()
                .map(event -> event.json().path("sequence_number").asLong())
                .toList();
    }

    private static List<Long> upTo(int count) {
        List<Long> numbers = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            numbers.add(i);
        }
        return numbers;
    }
}
