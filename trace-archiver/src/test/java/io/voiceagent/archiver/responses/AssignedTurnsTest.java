package io.voiceagent.archiver.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.archiver.ingest.ArchiveMeters;
import io.voiceagent.archiver.ingest.Lag;
import io.voiceagent.archiver.responses.ResponseWriter.Position;
import io.voiceagent.messages.Json;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class AssignedTurnsTest {

    private static final long NOW = SampleTurn.SUBMITTED;

    private final MockConsumer<byte[], byte[]> stepsConsumer = consumer("steps");
    private final MockConsumer<byte[], byte[]> streamConsumer = consumer("stream");
    private final LogReader steps = reader("steps", stepsConsumer);
    private final LogReader stream = reader("stream", streamConsumer);
    private final AssignedTurns turns = new AssignedTurns(ArchiveLimits.DEFAULT);
    private final SampleTurn turn = new SampleTurn(0, 1);

    @Test
    void theLogThatIsAheadWaitsForAsLongAsTheOtherHasMore() {
        turns.begin(Map.of(0, Position.BEGINNING));
        OpenTurns of = turns.byPartition().get(0);
        of.step(record("steps", turn.steps.getFirst(), NOW));
        of.frame(record("stream", turn.frames.getFirst(), NOW + 4_000));
        end(stepsConsumer, "steps", 10);
        end(streamConsumer, "stream", 10);

        turns.balance(steps, stream);
        assertThat(streamConsumer.paused()).isEmpty();

        of.frame(record("stream", turn.frames.get(1), NOW + 6_000));
        turns.balance(steps, stream);
        assertThat(streamConsumer.paused()).hasSize(1);
        assertThat(stepsConsumer.paused()).isEmpty();

        of.step(record("steps", turn.steps.get(1), NOW + 12_000));
        turns.balance(steps, stream);
        assertThat(streamConsumer.paused()).isEmpty();
        assertThat(stepsConsumer.paused()).hasSize(1);

        end(streamConsumer, "stream", 0); // nothing more to come there
        turns.balance(steps, stream);
        assertThat(stepsConsumer.paused()).isEmpty();
    }

    @Test
    void aBatchMovesOnlyWhatHasMoved() {
        turns.begin(Map.of(0, Position.BEGINNING, 1, Position.BEGINNING));
        assertThat(turns.batch().after()).isEmpty();
        turn.steps.forEach(step -> turns.byPartition().get(0).step(record("steps", step, NOW)));
        turn.frames.forEach(frame -> turns.byPartition().get(0).frame(record("stream", frame, NOW)));

        ResponseWriter.Batch batch = turns.batch();
        assertThat(batch.rows()).hasSize(1);
        assertThat(batch.before()).containsExactly(Map.entry(0, Position.BEGINNING));
        assertThat(batch.after()).containsExactly(Map.entry(0, new Position(1, 1)));

        turns.stored(batch);
        assertThat(turns.batch().after()).isEmpty();
    }

    private static LogReader reader(String topic, MockConsumer<byte[], byte[]> consumer) {
        ArchiveMeters meters = new ArchiveMeters(new SimpleMeterRegistry(), topic);
        return new LogReader(topic, consumer, meters, new Lag(Clock.systemUTC()));
    }

    private static MockConsumer<byte[], byte[]> consumer(String topic) {
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        consumer.seek(new TopicPartition(topic, 0), 0);
        return consumer;
    }

    private static void end(MockConsumer<byte[], byte[]> consumer, String topic, long offset) {
        consumer.updateEndOffsets(Map.of(new TopicPartition(topic, 0), offset));
    }

    private static ConsumerRecord<byte[], byte[]> record(String topic, Object message, long timestamp) {
        byte[] value = Json.write(message);
        return new ConsumerRecord<>(
                topic,
                0,
                0,
                timestamp,
                TimestampType.LOG_APPEND_TIME,
                0,
                value.length,
                new byte[0],
                value,
                new RecordHeaders(),
                Optional.empty());
    }
}
