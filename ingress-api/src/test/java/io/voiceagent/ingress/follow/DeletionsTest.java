package io.voiceagent.ingress.follow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class DeletionsTest {
    private static final int BOUND = 3;
    private final Deletions deletions = new Deletions(2, Schedulers.parallel(), BOUND);

    private static LogRecord record(String id, long offset) {
        return new LogRecord(LogRecord.Source.STEPS, id, Deletions.DELETED, offset, new byte[0]);
    }

    @Test
    void untilTheTailHasReadTheLogAllOfItMustBeLookedThrough() {
        assertThat(deletions.completeFrom(0)).isEqualTo(Deletions.NOTHING);
        deletions.begin(0, 7);
        assertThat(deletions.completeFrom(0)).isEqualTo(Deletions.NOTHING);
        deletions.current(true);
        assertThat(deletions.completeFrom(0)).isEqualTo(7);
        assertThat(deletions.completeFrom(1)).isEqualTo(Deletions.NOTHING);

        deletions.begin(0, 20);
        assertThat(deletions.completeFrom(0)).as("it has begun anew").isEqualTo(Deletions.NOTHING);
    }

    @Test
    void ofTooManyTheOldestIsForgottenAndMustBeLookedForInTheLog() {
        deletions.begin(0, 0);
        deletions.begin(1, 0);
        deletions.current(true);
        IntStream.range(0, BOUND).forEach(i -> deletions.record(record("r" + i, 10 + i), 0));
        assertThat(deletions.completeFrom(0)).isZero();

        deletions.record(record("r0", 30), 0);
        assertThat(deletions.contains("r0")).as("the same again takes no room").isTrue();
        deletions.record(record("other", 40), 1);
        assertThat(deletions.contains("r0")).isFalse();
        assertThat(deletions.contains("other")).isTrue();
        assertThat(deletions.completeFrom(0)).isEqualTo(11);
        assertThat(deletions.completeFrom(1)).isZero();
    }

    @Test
    void allWhoWaitForTheSameDeletionAreTold() {
        ResponseReader.DeletionWatch one = deletions.watch("r");
        ResponseReader.DeletionWatch two = deletions.watch("r");
        one.close();
        deletions.tell("r");
        StepVerifier.create(two.deleted()).expectComplete().verify(Duration.ofSeconds(10));
        two.close();
        assertThat(deletions.watched()).isZero();
    }

    @Test
    void otherStepsAreNoDeletions() {
        assertThat(deletions.record(new LogRecord(LogRecord.Source.STEPS, "r", TurnLog.ENDED, 1, new byte[0]), 0))
                .isFalse();
        assertThat(deletions.contains("r")).isFalse();
    }
}
