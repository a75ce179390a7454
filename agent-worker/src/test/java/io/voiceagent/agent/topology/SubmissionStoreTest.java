package io.voiceagent.agent.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.voiceagent.agent.core.Census;
import io.voiceagent.agent.core.Limits;
import io.voiceagent.agent.core.Registered;
import io.voiceagent.agent.core.Shares;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Request.Registration;
import io.voiceagent.messages.Request.Registration.Kind;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Records;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the orchestrator remembers of submissions, for how long, and what it tells of a repetition. */
class SubmissionStoreTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration MILLI = Duration.ofMillis(1);

    @TempDir
    Path dir;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private TopologyTestDriver driver;
    private TestOutputTopic<String, byte[]> steps;
    private Instant now = START;
    private int number;

    @BeforeEach
    void start() {
        OrchestratorTopology topology = new OrchestratorTopology(new OrchestratorTopology.Parts(
                Limits.DEFAULT,
                Shares.EQUAL,
                new Census("me"),
                Map::of,
                new TurnTraces(OpenTelemetry.noop().getTracer("test")),
                new OrchestratorMetrics(meters),
                Duration.ofDays(7)));
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        properties.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
        driver = new TopologyTestDriver(topology.get(), properties, START);
        steps = driver.createOutputTopic(Topics.STEPS, new StringDeserializer(), new ByteArrayDeserializer());
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void aKeyIsOneTurnForADayAndThenItIsFree() {
        Request.Submit first = submit(Kind.KEY, "k", "a");
        assertThat(send(first)).isInstanceOf(StepEvent.StepStarted.class);
        assertThat(send(first)).as("the same record again").isNull();

        pass(Duration.ofMillis(Registered.KEY_LIFE).minus(MILLI));
        assertRepeats(first, true, send(submit(Kind.KEY, "k", "a")));
        assertRepeats(first, false, send(submit(Kind.KEY, "k", "b")));
        assertThat(send(submit(Kind.KEY, "other", "a"))).isInstanceOf(StepEvent.StepStarted.class);

        pass(MILLI);
        Request.Submit second = submit(Kind.KEY, "k", "b");
        assertThat(send(second)).isInstanceOf(StepEvent.StepStarted.class);
        assertRepeats(second, true, send(submit(Kind.KEY, "k", "b")));
        assertRepeats(second, false, send(submit(Kind.KEY, "k", "a")));
        assertThat(meters.get("voice.agent.submissions.repeated")
                        .tag("outcome", "same")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void aRetryAttachesToTheLatestFirstTryOfAQuarterOfAnHour() {
        assertThat(send(submit(Kind.FIRST_TRY, "b", "b"))).isInstanceOf(StepEvent.StepStarted.class);
        pass(MILLI);
        Request.Submit latest = submit(Kind.FIRST_TRY, "b", "b");
        assertThat(send(latest)).as("a first try never attaches").isInstanceOf(StepEvent.StepStarted.class);

        pass(Duration.ofMillis(Registered.BODY_LIFE).minus(MILLI));
        assertRepeats(latest, true, send(submit(Kind.RETRY, "b", "b")));
        pass(MILLI);
        Request.Submit alone = submit(Kind.RETRY, "b", "b");
        assertThat(send(alone)).as("nothing to attach to").isInstanceOf(StepEvent.StepStarted.class);
        assertRepeats(alone, true, send(submit(Kind.RETRY, "b", "b")));
    }

    @Test
    void kindsAreApartAndOldRequestsAreTurnsOfTheirOwn() {
        send(submit(Kind.FIRST_TRY, "x", "x"));
        assertThat(send(submit(Kind.KEY, "x", "y"))).isInstanceOf(StepEvent.StepStarted.class);
        assertThat(send(submit(null, "", ""))).isInstanceOf(StepEvent.StepStarted.class);
        assertThat(send(submit(null, "", ""))).isInstanceOf(StepEvent.StepStarted.class);
    }

    @Test
    void aTurnThatFailsOrIsCancelledIsStillTheAnswer() {
        Request.Submit large = submit(Kind.KEY, "large", "a", "x".repeat(Plan.LIMIT));
        assertThat(send(large)).isInstanceOf(StepEvent.Ended.class);
        assertRepeats(large, true, send(submit(Kind.KEY, "large", "a")));

        Request.Submit cancelled = submit(Kind.KEY, "cancelled", "a");
        send(cancelled);
        send(new Request.Cancel(cancelled.responseId(), cancelled.conversation(), cancelled.tenant()));
        assertRepeats(cancelled, true, send(submit(Kind.KEY, "cancelled", "a")));
    }

    @Test
    void ofARepetitionNothingIsKept() {
        send(submit(Kind.KEY, "k", "a"));
        Request.Submit repetition = submit(Kind.KEY, "k", "a");
        send(repetition);
        assertThat(driver.getKeyValueStore(TurnStore.OPEN).get(repetition.responseId()))
                .isNull();
        assertThat(driver.getKeyValueStore(TurnStore.OPEN).approximateNumEntries())
                .isEqualTo(1);
    }

    private static void assertRepeats(Request.Submit earlier, boolean same, StepEvent event) {
        assertThat(event).isInstanceOfSatisfying(StepEvent.Repeated.class, repeated -> {
            assertThat(repeated.earlier()).isEqualTo(earlier.responseId());
            assertThat(repeated.same()).isEqualTo(same);
        });
    }

    private void pass(Duration time) {
        now = now.plus(time);
        driver.advanceWallClockTime(time);
        steps.readValuesToList();
    }

    private Request.Submit submit(Kind kind, String key, String body) {
        return submit(kind, key, body, "hello");
    }

    private Request.Submit submit(Kind kind, String key, String body, String text) {
        String conversation = ResponseId.conversation(0, ++number);
        String id =
                ResponseId.format(ResponseId.signedBytes(1, conversation, now, number), new byte[ResponseId.MAC_BYTES]);
        return new Request.Submit(
                id,
                conversation,
                "tenant",
                now.toEpochMilli(),
                now.plusSeconds(60).toEpochMilli(),
                ResponseSpec.inBackground("model", List.of(new Item.Message(Item.Role.USER, text)), null, List.of()),
                kind == null ? null : new Registration(kind, key, body));
    }

    /** The last step that follows, null when none does. */
    private StepEvent send(Request request) {
        ProducerRecord<String, byte[]> record = Records.request(request, Context.root());
        driver.createInputTopic(Topics.REQUESTS, new StringSerializer(), new ByteArraySerializer())
                .pipeInput(new TestRecord<>(record.key(), record.value(), record.headers()));
        List<byte[]> followed = steps.readValuesToList();
        return followed.isEmpty() ? null : Json.read(followed.getLast(), StepEvent.class);
    }
}
