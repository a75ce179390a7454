package io.voiceagent.transport.deadletters;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.context.Context;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaBroker;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.TopicSpecs;
import io.voiceagent.transport.Variables;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The command against a real broker. */
@ExtendWith(KafkaBroker.class)
class DeadLettersTest {
    private static final String DEAD = Topics.deadLetters(Topics.TOOL_RESULTS);
    private static final String CONVERSATION = ResponseId.conversation(2, 42);
    private static final String SECRET = "what the user said";

    private static Producer<String, byte[]> producer;

    private record Ran(int status, String out, String errors) {}

    @BeforeAll
    static void connect() {
        producer = Producers.stage(KafkaBroker.settings(), "test-dead-letters");
    }

    @AfterAll
    static void disconnect() {
        producer.close();
    }

    private static Ran run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Variables variables = Variables.of(
                Map.of("KAFKA_BOOTSTRAP_SERVERS", KafkaBroker.settings().bootstrapServers()));
        int status = DeadLetters.run(
                args,
                variables,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8));
        return new Ran(status, out.toString(StandardCharsets.UTF_8), errors.toString(StandardCharsets.UTF_8));
    }

    /** Puts a result aside as a reader would, and answers with its place. */
    private static String putAside(String turn, String reason, byte[] value) throws Exception {
        ProducerRecord<String, byte[]> result = Records.result(
                Stage.TOOL, new CallResult.Busy(new CallRef(turn, 0, 0, 0), CONVERSATION, "w"), Context.root());
        ConsumerRecord<String, byte[]> read = new ConsumerRecord<>(
                Topics.TOOL_RESULTS,
                2,
                17,
                0,
                TimestampType.LOG_APPEND_TIME,
                0,
                0,
                CONVERSATION,
                value,
                new RecordHeaders(result.headers()),
                Optional.empty());
        var written = producer.send(Records.deadLetter(read, reason)).get();
        return written.topic() + "-" + written.partition() + "@" + written.offset();
    }

    private static List<ConsumerRecord<String, byte[]>> all(String topic, int partition) {
        TopicPartition place = new TopicPartition(topic, partition);
        List<ConsumerRecord<String, byte[]>> records = new java.util.ArrayList<>();
        try (Consumer<String, byte[]> consumer = Consumers.assigned(
                KafkaBroker.settings(), "test-look", Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST)) {
            consumer.assign(List.of(place));
            consumer.seekToBeginning(List.of(place));
            long end = consumer.endOffsets(List.of(place)).get(place);
            while (consumer.position(place) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    private static String header(ConsumerRecord<String, byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    @Test
    void listsWithoutWhatUsersWroteAndShowsAll() throws Exception {
        byte[] value = ("{\"text\":\"" + SECRET + "\u001b[2J\"}").getBytes(StandardCharsets.UTF_8);
        String place = putAside("resp_listed", "not a readable CallResult: no 'int' in \"" + SECRET + "\"", value);

        Ran listed = run("list", DEAD, "--turn", "resp_listed");
        assertThat(listed.status()).isZero();
        assertThat(listed.out())
                .contains(place, "from tool.results-2@17", "resp_listed", "busy", "not a readable CallResult")
                .doesNotContain(SECRET)
                .doesNotContain("replayed");
        assertThat(listed.out().lines()).hasSize(1);

        Ran shown = run("show", place);
        assertThat(shown.status()).isZero();
        assertThat(shown.out())
                .contains(SECRET, "dlt-offset: 17", "key: " + CONVERSATION)
                .doesNotContain("\u001b");
        assertThat(run("show", place, "--limit", "12").out())
                .doesNotContain(SECRET)
                .contains("bytes more");
    }

    @Test
    void aLetterIsWrittenAgainOnceAsItWas() throws Exception {
        byte[] value = "{\"type\":\"busy\"}".getBytes(StandardCharsets.UTF_8);
        String place = putAside("resp_again", "too new", value);
        int before = all(Topics.TOOL_RESULTS, 2).size();

        Ran first = run("replay", place);
        assertThat(first.status()).as(first.errors()).isZero();
        ConsumerRecord<String, byte[]> again = all(Topics.TOOL_RESULTS, 2).get(before);
        assertThat(again.key()).isEqualTo(CONVERSATION);
        assertThat(again.value()).isEqualTo(value);
        assertThat(header(again, Headers.RESPONSE_ID)).isEqualTo("resp_again");
        assertThat(header(again, Headers.DLT_REPLAYED)).isEqualTo(place);
        assertThat(again.headers().lastHeader(Headers.DLT_REASON)).isNull();
        assertThat(run("list", DEAD, "--turn", "resp_again").out()).contains(" replayed: too new");
        assertThat(run("show", place).out()).contains("written again");

        Ran second = run("replay", place);
        assertThat(second.status()).isEqualTo(1);
        assertThat(second.errors()).contains(place, "--force");
        assertThat(all(Topics.TOOL_RESULTS, 2)).hasSize(before + 1);

        assertThat(run("replay", "--force", place).status()).isZero();
        assertThat(all(Topics.TOOL_RESULTS, 2)).hasSize(before + 2);
    }

    @Test
    void theListIsBoundedToTheLast() throws Exception {
        for (int i = 0; i < 5; i++) {
            putAside("resp_many", "reason " + i, new byte[0]);
        }
        Ran listed = run("list", DEAD, "--turn", "resp_many", "--limit", "2");
        assertThat(listed.out())
                .contains("has 5; the last 2", "reason 3", "reason 4")
                .doesNotContain("reason 2");
    }

    @Test
    void whatCanNotBeWrittenAgainIsNot() throws Exception {
        String large = putAside("resp_large", "garbage", new byte[TopicSpecs.MAX_RECORD_BYTES + 1]);
        assertThat(run("replay", large).errors()).contains("too large to be copied", "tool.results-2@17");

        ProducerRecord<String, byte[]> stranger = new ProducerRecord<>(DEAD, 0, "k", new byte[] {(byte) 0xff});
        stranger.headers().add(Headers.DLT_NOTE, "no number".getBytes(StandardCharsets.UTF_8));
        long offset = producer.send(stranger).get().offset();
        assertThat(run("replay", DEAD + "@" + offset).errors()).contains("does not say which topic");
        assertThat(run("show", DEAD + "@" + offset).out()).contains("\nff\n");
        assertThat(run("list", DEAD).out()).contains(DEAD + "-0@" + offset);
    }

    @Test
    void aWrongCommandSaysWhatWouldBeRight() {
        assertThat(run().status()).isEqualTo(2);
        assertThat(run("show").errors()).contains("needs the place");
        assertThat(run("list", "--limit", "0").errors()).contains("--limit");
        assertThat(run("replay", "--yes", "x@1").status()).isEqualTo(2);
        Ran nowhere = run("show", DEAD + "@9999999");
        assertThat(nowhere.status()).isEqualTo(1);
        assertThat(nowhere.errors()).contains("No dead letter is at");
        assertThat(run("show", "what").errors()).contains("TOPIC@OFFSET");
        assertThat(run("list", "agent.requests").errors()).contains("is no dead-letter topic", DEAD);
    }
}
