package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.faults.Accepted.Kind;
import io.voiceagent.faults.ApiClient.Event;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How long turns waited: measured from what their clients saw. */
class WaitsTest {
    private static final List<Accepted> TURNS = List.of(
            turn(1_000, created(1_300), token("a", 1_400), token("a", 1_450), token("a", 2_250), token("b", 5_000)));

    @Test
    void takesTheLongestWaitForATokenOfOneTextAndForAnyEvent() {
        Waits waits = Waits.of(TURNS, millis(1_420), millis(10_000));

        assertThat(waits.tokens()).containsExactly(800L);
        assertThat(waits.events()).containsExactly(2_750L);
    }

    @Test
    void passesOverWhatWasBeforeAndAfter() {
        Waits waits = Waits.of(TURNS, millis(900), millis(1_440));

        assertThat(waits.tokens()).containsExactly(50L);
        assertThat(waits.events()).containsExactly(300L);
        assertThat(Waits.of(TURNS, millis(6_000), millis(7_000)).events()).isEmpty();
    }

    @Test
    void isToldInOrder() {
        assertThat(Waits.text(new Waits(List.of(30L, 10L, 20L), List.of()).tokens()))
                .isEqualTo("3: 20 / 30 / 30");
        assertThat(Waits.text(List.of())).isEqualTo("-");
    }

    private static Accepted turn(long submitted, Event... events) {
        return new Accepted(Kind.PLAIN, "resp_1", "text", millis(submitted), List.of(events), 0);
    }

    private static Event created(long at) {
        return new Event("response.created", "{}", millis(at));
    }

    private static Event token(String item, long at) {
        return new Event("response.output_text.delta", "{\"item_id\":\"" + item + "\"}", millis(at));
    }

    private static long millis(long millis) {
        return millis * 1_000_000;
    }
}
