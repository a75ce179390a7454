package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.simulator.SimulatorOptions;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A crowd that hangs up and asks again, at either of two ingresses, while the orchestrator is killed and comes back: as many turns run as
 * there are distinct submissions.
 */
class RetryingClientsTest {
    private static final Logger LOG = LoggerFactory.getLogger(RetryingClientsTest.class);
    private static final int CLIENTS = 200;
    /** Of the clients, those that repeat blindly, as generated clients do. */
    private static final int BLIND = 40;
    /** Pairs of clients that use one key for two bodies. */
    private static final int QUARRELS = 10;

    private static final int TRIES = 40;
    private static final String ORCHESTRATOR = "orchestrator";
    private static final Map<String, String> ROLE = Map.of("AGENT_ROLES", ORCHESTRATOR);

    @TempDir
    static Path directory;

    @AutoClose
    private static Cluster cluster;

    private static ManagedProcess orchestrator;
    private static List<String> ingresses;

    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger cut = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger replayed = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();

    /** What a client came to: the ids that it was ever told, and whether its key was another's. */
    private record Told(Set<String> ids, boolean refused) {}

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(directory, SimulatorOptions.defaults());
        orchestrator = orchestrator();
        ManagedProcess llm = cluster.service(
                "llm", "io.voiceagent.agent.AgentWorker", 192, Map.of("AGENT_ROLES", "llm", "LLM_SLOTS", "200"));
        ManagedProcess one = cluster.ingress("ingress-one");
        ManagedProcess two = cluster.ingress("ingress-two");
        cluster.awaitHealthy(orchestrator, llm, one, two);
        ingresses = List.of(cluster.url(one.name()), cluster.url(two.name()));
    }

    private static ManagedProcess orchestrator() {
        Map<String, String> settings = new HashMap<>(ROLE);
        settings.put("STATE_DIR", directory.resolve("orchestrator-state").toString());
        return cluster.service(ORCHESTRATOR, "io.voiceagent.agent.AgentWorker", 256, settings);
    }

    @Test
    void asManyTurnsRunAsThereAreDistinctSubmissions() throws Exception {
        long seed = System.nanoTime();
        LOG.info("Seed {}", seed);
        List<Told> told = new ArrayList<>();
        long began = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Told>> clients = IntStream.range(0, CLIENTS)
                    .mapToObj(number ->
                            threads.submit(() -> insist(number, new Random((seed + number) * 0x9E3779B97F4A7C15L))))
                    .toList();
            Cluster.await("answers", Duration.ofSeconds(60), () -> answered.get() > CLIENTS / 4);
            orchestrator.kill();
            orchestrator = orchestrator();
            for (Future<Told> client : clients) {
                told.add(client.get());
            }
        }
        Map<String, String> accepted = accepted();
        LOG.info(
                "{} clients sent {} requests in {} ms: {} cut, {} answered whole, {} of them replays, {} not known; {} turns",
                CLIENTS,
                sent,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began),
                cut,
                answered,
                replayed,
                unknown,
                accepted.size());
        assertThat(told).allMatch(client -> client.refused || client.ids.size() == 1);
        assertThat(told.stream().filter(Told::refused)).hasSize(QUARRELS);
        assertThat(accepted.values()).as("what the turns were asked").doesNotHaveDuplicates();
        assertThat(accepted.keySet())
                .as("turns that run")
                .hasSize(CLIENTS - QUARRELS)
                .isEqualTo(told.stream().flatMap(client -> client.ids.stream()).collect(Collectors.toSet()));
        assertThat(replayed.get()).isPositive();
        assertThat(cut.get()).isGreaterThan(CLIENTS);
    }

    /** Asks until it has been answered, and a few times more. */
    private Told insist(int number, Random random) throws Exception {
        Set<String> ids = new HashSet<>();
        boolean blind = number < BLIND;
        int wanted = 1 + random.nextInt(2);
        TimeUnit.MILLISECONDS.sleep(random.nextInt(3_000));
        for (int attempt = 0; attempt < TRIES && wanted > 0; attempt++) {
            HttpRequest request = request(number, blind, attempt, random);
            sent.incrementAndGet();
            CompletableFuture<HttpResponse<String>> answer =
                    Http.CLIENT.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            // A blind first try that is cut may arrive after its own repetition: nothing is promised for that one
            boolean hangUp = blind ? attempt > 0 && random.nextBoolean() : attempt == 0 || random.nextInt(3) == 0;
            HttpResponse<String> response = await(answer, hangUp ? random.nextInt(200) : 60_000);
            if (response == null) {
                cut.incrementAndGet();
            } else if (blind && attempt == 0) {
                ids.add(id(response)); // and lost on its way, as far as the client knows
            } else if (response.statusCode() == 422) {
                return new Told(ids, true);
            } else if (response.statusCode() == 503) {
                assertThat(response.body()).contains("submission_unknown").doesNotContain("resp_");
                unknown.incrementAndGet();
            } else {
                assertThat(response.statusCode()).as(response.body()).isIn(200, 202);
                ids.add(id(response));
                answered.incrementAndGet();
                if (response.headers().firstValue("Idempotency-Replayed").isPresent()) {
                    replayed.incrementAndGet();
                }
                wanted--;
            }
            TimeUnit.MILLISECONDS.sleep(blind ? 500 : random.nextInt(300));
        }
        return new Told(ids, false);
    }

    private HttpRequest request(int number, boolean blind, int attempt, Random random) {
        ObjectNode body = Turns.plain("Say something of %d. [[ttft=20]] [[tokens=5]]".formatted(number));
        switch (number % 3) {
            case 0 -> body.put("background", true);
            case 1 -> body.put("stream", true);
            default -> {}
        }
        String ingress = ingresses.get(random.nextInt(ingresses.size()));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(ingress + "/api/v1/responses"))
                .header("Authorization", "Bearer " + Cluster.KEY)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        if (blind) {
            request.header("X-Stainless-Retry-Count", Integer.toString(attempt));
        } else {
            int quarrel = number - BLIND;
            request.header("Idempotency-Key", "key-" + (quarrel < 2 * QUARRELS ? quarrel / 2 : quarrel));
        }
        return request.build();
    }

    /** Null when the time was over, or the connection broke. */
    private static HttpResponse<String> await(CompletableFuture<HttpResponse<String>> answer, long millis)
            throws InterruptedException {
        try {
            return answer.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            return null;
        } catch (ExecutionException | CancellationException e) {
            return null;
        }
    }

    private static String id(HttpResponse<String> response) {
        String body = response.body();
        if (!response.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream")) {
            return Json.tree(body).path("id").asString();
        }
        List<JsonNode> events = body.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> Json.tree(line.substring(6)))
                .toList();
        assertThat(events.getFirst().path("type").asString()).isEqualTo("response.created");
        assertThat(events.getLast().path("type").asString()).isEqualTo("response.completed");
        return events.getLast().path("response").path("id").asString();
    }

    /** The turns that were ever accepted, by what is committed, and what each was asked. */
    private static Map<String, String> accepted() {
        KafkaSettings kafka = KafkaSettings.local(cluster.bootstrapServers(), 4, 8);
        Map<String, String> accepted = new HashMap<>();
        try (Consumer<String, byte[]> consumer = Consumers.assigned(
                kafka, "test-counts", Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST)) {
            List<TopicPartition> partitions = IntStream.range(0, 4)
                    .mapToObj(partition -> new TopicPartition(Topics.STEPS, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    if (header(record, Headers.TYPE).equals("accepted")) {
                        StepEvent.Accepted begun = (StepEvent.Accepted) Json.read(record.value(), StepEvent.class);
                        assertThat(accepted.put(
                                        header(record, Headers.RESPONSE_ID),
                                        begun.spec().input().toString()))
                                .isNull();
                    }
                }
            }
        }
        return accepted;
    }

    private static String header(ConsumerRecord<String, byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
