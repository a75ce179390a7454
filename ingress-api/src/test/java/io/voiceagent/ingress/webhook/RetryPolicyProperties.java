package io.voiceagent.ingress.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.ingress.webhook.RetryPolicy.Next;
import java.time.Duration;
import java.util.random.RandomGenerator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class RetryPolicyProperties {
    private static final RetryPolicy POLICY = new RetryPolicy(Duration.ofSeconds(5));

    @Property
    void everyDeliveryEndsWithinThreeDaysAndPausesAreBounded(@ForAll("failures") Attempt failure, @ForAll long seed) {
        RandomGenerator random = new java.util.SplittableRandom(seed);
        Duration age = Duration.ZERO;
        int attempts = 1;
        while (POLICY.after(failure, attempts, age, random.nextDouble()) instanceof Next.Retry(Duration pause)) {
            assertThat(pause)
                    .isPositive()
                    .isLessThanOrEqualTo(
                            RetryPolicy.LONGEST_PAUSE.multipliedBy(5).dividedBy(4));
            age = age.plus(pause);
            attempts++;
            assertThat(attempts).isLessThan(40);
        }
        assertThat(age).isLessThanOrEqualTo(RetryPolicy.MAX_AGE);
        boolean likely = failure instanceof Attempt.Unanswered
                || (failure instanceof Attempt.Answered(int status, var asked)
                        && (status >= 500 || status == 408 || status == 429));
        if (likely) {
            assertThat(age).isGreaterThan(Duration.ofDays(2));
        } else {
            assertThat(attempts).isEqualTo(RetryPolicy.UNLIKELY_ATTEMPTS);
        }
    }

    @Property
    void onlyASuccessIsDelivered(@ForAll @IntRange(min = 100, max = 599) int status) {
        Next next = POLICY.after(new Attempt.Answered(status, null), 1, Duration.ZERO, 0.5);
        assertThat(next instanceof Next.Delivered).isEqualTo(status / 100 == 2);
        assertThat(next instanceof Next.Disable).isEqualTo(status == 410);
    }

    @Property
    void whatTheAnswerAsksForIsKeptUpToAnHour(@ForAll @IntRange(max = 1_000_000) int seconds) {
        Duration asked = Duration.ofSeconds(seconds);
        Next next = POLICY.after(new Attempt.Answered(503, asked), 1, Duration.ZERO, 0.5);
        Duration hour = RetryPolicy.LONGEST_RETRY_AFTER;
        assertThat(((Next.Retry) next).after())
                .isGreaterThanOrEqualTo(asked.compareTo(hour) < 0 ? asked : hour)
                .isLessThanOrEqualTo(hour);
    }

    @Example
    void pausesGrowFourfold() {
        Attempt failure = new Attempt.Unanswered("none");
        assertThat(java.util.stream.IntStream.rangeClosed(1, 9)
                        .mapToObj(n -> POLICY.after(failure, n, Duration.ZERO, 0.5))
                        .map(next -> ((Next.Retry) next).after().toSeconds()))
                .containsExactly(5L, 20L, 80L, 320L, 1_280L, 5_120L, 20_480L, 21_600L, 21_600L);
    }

    @Provide
    Arbitrary<Attempt> failures() {
        return Arbitraries.oneOf(
                Arbitraries.integers().between(300, 599).filter(s -> s != 410).map(s -> new Attempt.Answered(s, null)),
                Arbitraries.just(new Attempt.Unanswered("none")),
                Arbitraries.just(new Attempt.NotSent("private")));
    }
}
