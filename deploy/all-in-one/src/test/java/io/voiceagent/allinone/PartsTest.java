package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PartsTest {

    private final Parts parts = new Parts(
            new Progress(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)), "p", true);
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AutoCloseable part = () -> ended.set(true);

    @Test
    void endsWhatRuns() throws Exception {
        assertThat(Parts.started("part", parts.begin("part", () -> part, p -> "here")))
                .isSameAs(part);

        parts.close(Duration.ofSeconds(20));

        assertThat(ended).isTrue();
    }

    @Test
    void waitsForWhatIsStartingAndEndsIt() throws Exception {
        var begun = new CountDownLatch(1);
        var proceed = new CountDownLatch(1);
        Future<AutoCloseable> starting = parts.begin(
                "part",
                () -> {
                    begun.countDown();
                    proceed.await();
                    return part;
                },
                p -> "here");
        begun.await();
        Thread closer = Thread.ofPlatform().start(() -> parts.close(Duration.ofSeconds(20)));
        await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);

        proceed.countDown();

        assertThat(closer.join(Duration.ofSeconds(20))).isTrue();
        assertThat(ended).isTrue();
        assertThatThrownBy(() -> Parts.started("part", starting))
                .isInstanceOf(StartFailure.class)
                .hasMessage("ended while part was starting");
    }

    @Test
    void doesNotWaitForEver() {
        var never = new CountDownLatch(1);
        Future<AutoCloseable> starting = parts.begin(
                "part",
                () -> {
                    never.await();
                    return part;
                },
                p -> "here");

        parts.close(Duration.ofMillis(10));

        assertThat(starting).isNotDone();
        never.countDown();
    }

    @Test
    void tellsTheInnermostCauseWhenNoneIsOfOurOwnKind() {
        Future<AutoCloseable> starting = parts.begin(
                "part",
                () -> {
                    throw new IllegalStateException("context", new IllegalStateException("first line\n second line"));
                },
                p -> "here");

        assertThatThrownBy(() -> Parts.started("part", starting))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        failure -> assertThat(failure.hasRemedy()).isFalse())
                .hasMessage("part did not start: first line second line");
    }

    @Test
    void tellsWhatOurOwnKindsSay() {
        Future<AutoCloseable> starting = parts.begin(
                "part",
                () -> {
                    throw new IllegalStateException("context", new Known("LLM_SLOTS is 0: use 1 to 10000"));
                },
                p -> "here");

        assertThatThrownBy(() -> Parts.started("part", starting))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        failure -> assertThat(failure.hasRemedy()).isTrue())
                .hasMessage("part did not start: LLM_SLOTS is 0: use 1 to 10000");
    }

    private static final class Known extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Known(String message) {
            super(message, new IllegalArgumentException("0"));
        }
    }
}
