package io.voiceagent.archiver.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class LagTest {

    private final SteppingClock clock = new SteppingClock();
    private final Lag lag = new Lag(clock);

    @Test
    void isNothingWhenAllIsStored() {
        lag.observe(Map.of(0, 5L, 1, 7L), Map.of(0, 5L, 1, 7L));

        assertThat(lag.records()).isZero();
        assertThat(lag.seconds()).isZero();
    }

    @Test
    void growsFromTheLastMomentAtWhichNothingWasUnread() {
        lag.observe(Map.of(0, 5L, 1, 7L), Map.of(0, 5L, 1, 7L));
        clock.millis = 4_000;
        lag.observe(Map.of(0, 5L, 1, 7L), Map.of(0, 8L, 1, 7L));

        assertThat(lag.records()).isEqualTo(3);
        assertThat(lag.seconds()).isEqualTo(4);
    }

    @Test
    void isNoOlderThanTheLastStoredRecord() {
        lag.observe(Map.of(0, 0L), Map.of(0, 0L));
        lag.done(List.of(record(0, 0, 60_000)));
        clock.millis = 61_000;
        lag.observe(Map.of(0, 1L), Map.of(0, 9L));

        assertThat(lag.records()).isEqualTo(8);
        assertThat(lag.seconds()).isEqualTo(1);
    }

    @Test
    void forgetsPartitionsOfOthers() {
        lag.observe(Map.of(0, 0L), Map.of(0, 0L));
        lag.retain(Set.of());
        clock.millis = 9_000;
        lag.observe(Map.of(0, 0L), Map.of(0, 2L));

        assertThat(lag.seconds()).isZero();
    }

    private static ConsumerRecord<byte[], byte[]> record(int partition, long offset, long timestamp) {
        return new ConsumerRecord<>(
                "topic",
                partition,
                offset,
                timestamp,
                TimestampType.LOG_APPEND_TIME,
                0,
                0,
                new byte[0],
                new byte[0],
                new RecordHeaders(),
                Optional.empty());
    }

    private static final class SteppingClock extends Clock {
        private long millis;

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis);
        }
    }
}
