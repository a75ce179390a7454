package io.voiceagent.agent.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailuresTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
                    7                             | -    | 7000
                    1.5                           | -    | 1500
                    7                             | 250  | 250
                    Thu, 01 Jan 2026 00:00:20 GMT | -    | 20000
                    Wed, 31 Dec 2025 00:00:20 GMT | -    | 0
                    -3                            | -    | 0
                    soon                          | -    | 0
                    NaN                           | -    | 0
                    -                             | -    | 0
                    1e300                         | -    | 600000
                    86400                         | -    | 600000
                    """)
    void readsTheWishToWait(String retryAfter, String retryAfterMs, long millis) {
        assertThat(Failures.retryAfter(retryAfter, retryAfterMs, NOW)).isEqualTo(Duration.ofMillis(millis));
    }

    @Test
    void aRetryIsBoundedByTriesAndTime() {
        RetryPolicy policy = RetryPolicy.of(3, Duration.ofSeconds(30));
        Failure passing = Failure.passing("c", "t", "m");

        assertThat(policy.next(passing, 1, Duration.ZERO))
                .hasValueSatisfying(wait -> assertThat(wait).isBetween(Duration.ofMillis(250), Duration.ofMillis(750)));
        assertThat(policy.next(passing, 3, Duration.ZERO)).isEmpty();
        assertThat(policy.next(passing, 1, Duration.ofSeconds(30))).isEmpty();
        assertThat(policy.next(Failure.lasting("c", "t", "m"), 1, Duration.ZERO))
                .isEmpty();
    }

    @Test
    void theEndpointsWishIsALowerBound() {
        Failure limited = new Failure(Failure.passing("c", "t", "m").error(), "429", true, Duration.ofSeconds(3));

        assertThat(RetryPolicy.of(3, Duration.ofSeconds(30)).next(limited, 1, Duration.ZERO))
                .hasValueSatisfying(wait -> assertThat(wait).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4)));
    }
}
