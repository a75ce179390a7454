package io.voiceagent.agent.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class StallsTest {
    private static final TopicPartition FIRST = new TopicPartition("calls", 0);
    private static final TopicPartition SECOND = new TopicPartition("calls", 1);

    private final Stalls stalls = new Stalls();

    @Test
    void onePartitionStandsStillWhileAnotherGoesOn() {
        assertThat(stalls.longest("calls", Map.of(FIRST, 3.0, SECOND, 9.0), 1_000))
                .isZero();
        stalls.taken("calls", 1, 60_000);
        assertThat(stalls.longest("calls", Map.of(FIRST, 3.0, SECOND, 9.0), 61_000))
                .isEqualTo(60_000);
        stalls.taken("calls", 0, 62_000);
        assertThat(stalls.longest("calls", Map.of(FIRST, 2.0, SECOND, 9.0), 63_000))
                .isEqualTo(3_000);
    }

    @Test
    void nothingThatWaitsIsNoStall() {
        stalls.taken("calls", 0, 1_000);
        assertThat(stalls.longest("calls", Map.of(FIRST, 0.0), 500_000)).isZero();
        assertThat(stalls.longest("calls", Map.of(FIRST, 1.0), 501_000)).isEqualTo(1_000);
    }

    @Test
    void aPartitionThatCameBackBeginsAnew() {
        stalls.taken("calls", 0, 1_000);
        assertThat(stalls.longest("calls", Map.of(), 2_000)).isZero();
        assertThat(stalls.longest("calls", Map.of(FIRST, 5.0), 900_000)).isZero();
        assertThat(stalls.longest("results", Map.of(FIRST, 5.0), 900_001)).isZero();
        assertThat(stalls.longest("calls", Map.of(FIRST, 5.0), 903_000)).isEqualTo(3_000);
    }
}
