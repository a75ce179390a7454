package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.agent.core.Workers.Life;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Stage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who counts as dead, and when; the clock is the test's. */
class CensusTest {
    private final Census census = new Census("me");
    private long now = 1_000_000;
    private long sequence;

    @Test
    void aSilentWorkerIsDeadAfterALeaseWhenWeHear() {
        for (int second = 0; second < 6; second++) {
            echo();
            if (second == 0) {
                announce("a", false);
            }
            assertThat(life("a")).isEqualTo(second < 5 ? Life.ALIVE : Life.DEAD);
            now += 1_000;
        }
    }

    @Test
    void nobodyIsDeadForOneWhoDoesNotHearItself() {
        announce("a", false);
        now += 60_000;
        assertThat(life("a")).isEqualTo(Life.UNKNOWN);
        echo();
        assertThat(life("a")).as("it has only just begun to hear").isEqualTo(Life.UNKNOWN);
    }

    @Test
    void whenManyFallSilentTheFirstLeaseToRunOutIsNotTakenForADeath() {
        manyFallSilent();
        assertThat(life("a")).as("only its lease is over").isEqualTo(Life.UNKNOWN);
        hearOurselves(5);
        assertThat(life("a")).as("a second lease is over").isEqualTo(Life.DEAD);
    }

    @Test
    void whoComesBackFirstDoesNotCondemnTheOthers() {
        manyFallSilent();
        hearOurselves(1);
        announce("c", false);
        assertThat(life("a")).isEqualTo(Life.UNKNOWN);
        announce("b", true);
        assertThat(life("a")).as("b came back to say goodbye").isEqualTo(Life.UNKNOWN);
        announce("a", false);
        assertThat(life("a")).isEqualTo(Life.ALIVE);
    }

    @Test
    void whoSaidGoodbyeIsNotMissed() {
        hearOurselves(1);
        announce("a", false);
        announce("b", true);
        announce("c", true);
        hearOurselves(6);
        assertThat(life("a")).isEqualTo(Life.DEAD);
    }

    /** Three workers, heard for the last time at different moments; the lease of the first has just run out. */
    private void manyFallSilent() {
        for (int second = 0; second < 8; second++) {
            echo();
            if (second < 3) {
                announce("a", false);
            }
            now += 400;
            if (second < 3) {
                announce("b", false);
            }
            now += 500;
            if (second < 3) {
                announce("c", false);
            }
            now += 100;
        }
        now -= 1_000;
        assertThat(life("c")).isEqualTo(Life.ALIVE);
    }

    private void hearOurselves(int seconds) {
        for (int second = 0; second < seconds; second++) {
            now += 1_000;
            echo();
        }
    }

    private Life life(String incarnation) {
        return census.at(now).life(incarnation);
    }

    private void echo() {
        census.heard(new Announcement.Orchestrator("me", sequence++, "test"), now);
    }

    private void announce(String incarnation, boolean leaving) {
        census.heard(
                new Announcement.Worker(incarnation, 0, Stage.LLM, 0, 0, 1, List.of(), leaving, "test", Map.of()), now);
    }
}
