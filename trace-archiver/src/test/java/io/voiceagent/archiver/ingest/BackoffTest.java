package io.voiceagent.archiver.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {

    @Test
    void doublesToItsBoundAndBeginsAnewAfterASuccess() {
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofMillis(300));

        assertThat(backoff.failed()).isBetween(Duration.ofMillis(66), Duration.ofMillis(100));
        assertThat(backoff.failed()).isBetween(Duration.ofMillis(133), Duration.ofMillis(200));
        assertThat(backoff.failed()).isBetween(Duration.ofMillis(200), Duration.ofMillis(300));
        assertThat(backoff.failed()).isBetween(Duration.ofMillis(200), Duration.ofMillis(300));
        backoff.succeeded();
        assertThat(backoff.failed()).isBetween(Duration.ofMillis(66), Duration.ofMillis(100));
    }
}
