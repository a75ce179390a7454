package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Context;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.fold.ResponseFold;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two services before a real broker; the test decides in the orchestrator's place, when and what it likes. */
class RepeatedSubmissionsTest {
    private static final String BODY = "{\"input\":\"hello\",\"background\":true}";

    @TempDir
    static Path directory;

    @AutoClose
    private static EmbeddedBroker broker;

    @AutoClose
    private static RunningIngress one;

    @AutoClose
    private static RunningIngress two;

    @AutoClose
    private static Producer<String, byte[]> producer;

    @AutoClose
    private static Consumer<String, byte[]> consumer;

    private final Queue<Request.Submit> read = new ArrayDeque<>();

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory, 0);
        one = RunningIngress.start(broker.bootstrapServers());
        two = RunningIngress.start(broker.bootstrapServers());
        KafkaSettings settings = KafkaSettings.local(broker.bootstrapServers(), RunningIngress.PARTITIONS, 1);
        producer = Producers.stage(settings, "test-decides");
        consumer = Consumers.assigned(
                settings, "test-reads", Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST);
        consumer.assign(IntStream.range(0, RunningIngress.PARTITIONS)
                .mapToObj(partition -> new TopicPartition(Topics.REQUESTS, partition))
                .toList());
        one.ready();
        two.ready();
    }

    @Test
    void nobodyIsAnsweredBeforeItIsDecidedAndThenAllGetTheSameResponse() throws Exception {
        CompletableFuture<HttpResponse<String>> first = send(one, BODY);
        Request.Submit accepted = next();
        CompletableFuture<HttpResponse<String>> again = send(two, BODY);
        Request.Submit repetition = next();
        CompletableFuture<HttpResponse<String>> other = send(two, "{\"input\":\"other\",\"background\":true}");
        Request.Submit conflict = next();
        assertThat(List.of(
                        repetition.registration().key(), conflict.registration().key()))
                .containsOnly(accepted.registration().key());
        assertThat(ResponseId.partition(repetition.conversation()))
                .isEqualTo(ResponseId.partition(accepted.conversation()));
        assertThat(List.of(first, again, other)).noneMatch(CompletableFuture::isDone);

        step(new StepEvent.Accepted(
                accepted.responseId(),
                accepted.conversation(),
                accepted.tenant(),
                accepted.submittedAt(),
                accepted.submittedAt(),
                accepted.deadlineAt(),
                ResponseFold.VERSION,
                accepted.spec(),
                List.of(),
                null));
        step(new StepEvent.Repeated(
                repetition.responseId(), repetition.conversation(), 1, accepted.responseId(), true));
        step(new StepEvent.Repeated(conflict.responseId(), conflict.conversation(), 1, accepted.responseId(), false));

        assertThat(first.get().statusCode()).isEqualTo(202);
        assertThat(first.get().headers().firstValue("Idempotency-Replayed")).isEmpty();
        assertThat(again.get().statusCode()).isEqualTo(202);
        assertThat(again.get().headers().firstValue("Idempotency-Replayed")).hasValue("true");
        assertThat(RunningIngress.json(first.get()).get("id").stringValue())
                .isEqualTo(RunningIngress.json(again.get()).get("id").stringValue())
                .isEqualTo(accepted.responseId());
        assertThat(other.get().statusCode()).isEqualTo(422);
        assertThat(RunningIngress.json(other.get()).at("/error/code").stringValue())
                .isEqualTo("idempotency_key_reused");
    }

    private static CompletableFuture<HttpResponse<String>> send(RunningIngress ingress, String body) {
        return ingress.sendAsync(ingress.request("/responses")
                .header("Idempotency-Key", "3f0c2a")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** The next request in the log. */
    private Request.Submit next() {
        await().atMost(Duration.ofSeconds(10)).until(() -> {
            consumer.poll(Duration.ofMillis(100))
                    .forEach(record -> read.add((Request.Submit) Json.read(record.value(), Request.class)));
            return !read.isEmpty();
        });
        return read.remove();
    }

    private static void step(StepEvent event) {
        producer.send(new ProducerRecord<>(
                Topics.STEPS,
                ResponseId.partition(event.conversation()),
                event.conversation(),
                Json.write(event),
                Records.headers(event, Context.root())));
    }
}
