package io.voiceagent.ingress.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Context;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;

/** Against a real broker: what is in the log, and what is said when the broker is away. */
class KafkaRequestLogTest {
    private static final int PARTITIONS = 4;
    private static final Context TRACE =
            TraceHeaders.parent("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true);

    @TempDir
    Path directory;

    private EmbeddedBroker broker;
    private KafkaSettings settings;
    private Producer<String, byte[]> producer;
    private KafkaProbe probe;

    @BeforeEach
    void start() {
        broker = EmbeddedBroker.start(directory, 0);
        settings = KafkaSettings.local(broker.bootstrapServers(), PARTITIONS, PARTITIONS);
        TopicCreator.ensure(settings, Duration.ofSeconds(60));
        producer = Producers.submit(settings, "test-submit");
        probe = KafkaProbe.start(settings, "test-probe");
    }

    @AfterEach
    void stop() {
        probe.close();
        producer.close(Duration.ZERO);
        broker.close();
    }

    @Test
    void aRequestIsInThePartitionOfItsConversationWithAllHeaders() {
        RequestLog log = log(probe);
        List<Request.Submit> requests = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> submit(partition, "hello"))
                .toList();
        requests.forEach(request -> log.append(request, TRACE).block());
        List<ConsumerRecord<String, byte[]>> records = read(PARTITIONS);
        assertThat(records).hasSize(PARTITIONS);
        for (ConsumerRecord<String, byte[]> record : records) {
            Request request = Json.read(record.value(), Request.class);
            assertThat(request).isEqualTo(requests.get(record.partition()));
            assertThat(record.key()).isEqualTo(request.conversation());
            assertThat(header(record, Headers.TYPE)).isEqualTo("submit");
            assertThat(header(record, Headers.RESPONSE_ID)).isEqualTo(request.responseId());
            assertThat(header(record, Headers.SCHEMA_VERSION)).isEqualTo("1");
            assertThat(header(record, Headers.TRACEPARENT))
                    .isEqualTo("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        }
    }

    @Test
    void aRequestThatTheLogWouldNotTakeIsRefusedAndTheNextOneIsTaken() {
        RequestLog log = log(probe);
        String tooMuch = "a".repeat(KafkaRequestLog.MAX_BYTES);
        assertRefused(log, submit(0, tooMuch), Code.CONTEXT_LENGTH_EXCEEDED);
        log.append(submit(0, "a".repeat(KafkaRequestLog.MAX_BYTES - 2_000)), TRACE)
                .block();
        assertThat(read(1)).hasSize(1);
    }

    @Test
    void aBrokerThatIsAwayIsSaidAtOnceAndItsReturnIsNoticed() {
        RequestLog log = log(probe);
        RequestLog withoutProbe = log(new AlwaysUp());
        log.append(submit(0, "first"), TRACE).block();
        int port = Integer.parseInt(settings.bootstrapServers().replaceAll(".*:", ""));
        broker.close();

        // In the seconds before anybody knows: either the producer takes the record, so that nobody can tell, or it has
        // already forgotten
        // where the partition is
        long before = System.nanoTime();
        assertRefused(withoutProbe, submit(0, "second"), Code.SUBMISSION_UNKNOWN, Code.SERVICE_UNAVAILABLE);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(15));

        await().atMost(Duration.ofSeconds(20)).until(() -> !probe.up());
        assertThat(probe.detail()).startsWith("no answer");
        before = System.nanoTime();
        assertRefused(log, submit(0, "third"), Code.SERVICE_UNAVAILABLE);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(1));

        broker = EmbeddedBroker.start(directory, port);
        await().atMost(Duration.ofSeconds(30)).until(probe::up);
        log.append(submit(0, "fourth"), TRACE).block();
        assertThat(read(2))
                .extracting(record -> ((Request.Submit) Json.read(record.value(), Request.class))
                        .spec()
                        .instructions())
                .containsExactly("first", "fourth");
    }

    private RequestLog log(LogHealth health) {
        return new KafkaRequestLog(producer, health, Schedulers.boundedElastic());
    }

    private static void assertRefused(RequestLog log, Request request, Code... anyOf) {
        assertThatThrownBy(() -> log.append(request, TRACE).block())
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.code()).isIn((Object[]) anyOf));
    }

    private List<ConsumerRecord<String, byte[]>> read(int atLeast) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        try (Consumer<String, byte[]> consumer = Consumers.assigned(
                settings, "test-read", Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST)) {
            consumer.assign(IntStream.range(0, PARTITIONS)
                    .mapToObj(partition -> new TopicPartition(Topics.REQUESTS, partition))
                    .toList());
            await().atMost(Duration.ofSeconds(20)).until(() -> {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
                return records.size() >= atLeast;
            });
        }
        return records;
    }

    private static String header(ConsumerRecord<String, byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static Request.Submit submit(int partition, String instructions) {
        String conversation = ResponseId.conversation(partition, 42);
        ResponseSpec spec = ResponseSpec.inBackground(
                "m", List.of(new Item.Message(Item.Role.USER, "hello")), instructions, List.of());
        return new Request.Submit("resp_" + partition, conversation, "acme", 1, 2, spec);
    }

    private static final class AlwaysUp implements LogHealth {
        @Override
        public boolean up() {
            return true;
        }

        @Override
        public String detail() {
            return "ok";
        }
    }
}
