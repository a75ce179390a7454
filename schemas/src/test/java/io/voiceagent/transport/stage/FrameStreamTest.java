package io.voiceagent.transport.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.context.Context;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** What goes out when acknowledgements come late, or not at all. */
class FrameStreamTest {
    private static final CallRef REF = new CallRef("resp_1", 0, 0, 0);
    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer());
    private final StageMetrics metrics = new StageMetrics(new SimpleMeterRegistry(), Stage.LLM);
    private final Delivery delivery = new Delivery(producer, metrics);
    private final FrameStream stream = new FrameStream(
            producer,
            new Call.Stop(REF, ResponseId.conversation(0, 1), "w", "only its reference counts"),
            "w",
            Context.root(),
            metrics);

    @Test
    void nothingFollowsTheFirstFrameBeforeItIsAcknowledged() {
        stream.open();
        CompletableFuture<Void> written = CompletableFuture.runAsync(() -> stream.write(new Frame.Text("a")));
        await().during(java.time.Duration.ofMillis(100))
                .until(() -> producer.history().size() == 1);

        producer.completeNext();

        written.join();
        assertThat(indexes()).containsExactly(0, 1);
    }

    @Test
    void aFailedFrameEndsTheAttemptAndIsSentAgainWithAllThatFollowed() throws Exception {
        stream.open();
        producer.completeNext();
        stream.write(new Frame.Text("a"));
        stream.flush();
        stream.write(new Frame.Text("b"));
        stream.flush();
        producer.errorNext(new TimeoutException("away"));
        producer.completeNext();

        assertThatThrownBy(() -> stream.write(new Frame.Text("c"))).isInstanceOf(FramesFailedException.class);
        assertThat(stream.broken()).isTrue();
        CompletableFuture<Integer> settled = CompletableFuture.supplyAsync(() -> {
            try {
                return stream.settle(delivery);
            } catch (InterruptedException | DeliveryFailedException e) {
                throw new IllegalStateException(e);
            }
        });
        // Once more in vain, then with success
        await().until(() -> producer.errorNext(new TimeoutException("away")));
        await().until(() -> producer.completeNext());
        assertThat(settled).isNotDone();
        await().until(() -> producer.completeNext());

        assertThat(settled.join()).isEqualTo(3);
        assertThat(indexes()).containsExactly(0, 1, 2, 1, 1, 2);
    }

    @Test
    void aStoppedStreamRefusesMoreButKeepsWhatItTook() throws Exception {
        stream.open();
        producer.completeNext();
        stream.write(new Frame.Text("a"));
        stream.write(new Frame.Text("b"));
        stream.stop();

        assertThatThrownBy(() -> stream.write(new Frame.Text("c"))).isInstanceOf(CallStoppedException.class);
        CompletableFuture.runAsync(() -> await().until(() -> producer.completeNext()))
                .thenRun(() -> await().until(() -> producer.completeNext()));

        assertThat(stream.settle(delivery)).isEqualTo(3);
        assertThat(indexes()).containsExactly(0, 1, 2);
    }

    @Test
    void aStopFreesAWriterThatWaits() {
        stream.open();
        CompletableFuture<Void> write = CompletableFuture.runAsync(() -> stream.write(new Frame.Text("a")));

        stream.stop();

        assertThatThrownBy(write::join).hasCauseInstanceOf(CallStoppedException.class);
    }

    @Test
    void anOversizeDeltaIsRefused() {
        assertThatThrownBy(() -> stream.write(new Frame.Text("x".repeat(FrameWriter.MAX_DELTA_CHARS + 1))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private List<Integer> indexes() {
        return producer.history().stream()
                .map(r -> Json.read(r.value(), Frame.class))
                .map(f -> f instanceof Frame.Deltas d ? d.index() : 0)
                .toList();
    }
}
