package io.voiceagent.archiver.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.archiver.ingest.ArchiveMeters.Component;
import io.voiceagent.archiver.ingest.ArchiveStatus.State;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives one topic on a thread of its own: keeps a {@link ReadSession} going, and begins a new one with a new consumer
 * when one fails. Several archivers of one topic, in this process or in others, share its partitions as a consumer group.
 *
 * @param <R> the row
 */
public final class LogArchiver<R> implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LogArchiver.class);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    private final String topic;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final SessionFactory<R> sessions;
    private final ArchiveMeters meters;
    private final Lag lag;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread;
    private volatile State state = State.STARTING;
    private volatile @Nullable String problem;
    private volatile @Nullable Consumer<byte[], byte[]> current;

    /**
     * @param consumers makes a consumer that never commits and never resets: {@code enable.auto.commit=false}, {@code
     *     auto.offset.reset=none}; its fetch settings bound the batch and say how long records are gathered
     * @param storage where the rows go
     */
    public LogArchiver(
            String topic, Supplier<Consumer<byte[], byte[]>> consumers, Storage<R> storage, MeterRegistry registry) {
        this.topic = topic;
        this.consumers = consumers;
        this.meters = new ArchiveMeters(registry, topic);
        this.lag = new Lag(Clock.systemUTC());
        meters.lag(lag::records, lag::seconds);
        this.sessions = consumer -> new ReadSession<>(topic, consumer, storage, meters, lag, this::report);
        this.thread = Thread.ofPlatform().name("archive-" + topic).unstarted(this::run);
    }

    @FunctionalInterface
    private interface SessionFactory<R> {
        ReadSession<R> open(Consumer<byte[], byte[]> consumer);
    }

    /** Begins to read. Once. */
    public void start() {
        thread.start();
    }

    /** What it is doing. */
    public ArchiveStatus status() {
        State shown = thread.isAlive() || state == State.STARTING ? state : State.STOPPED;
        return new ArchiveStatus(topic, shown, problem, lag.records(), lag.seconds());
    }

    /** Asks it to end after the batch at hand; does not wait. */
    public void stop() {
        stopping.countDown();
        Consumer<byte[], byte[]> consumer = current;
        if (consumer != null) {
            consumer.wakeup();
        }
    }

    /** Stops it and waits up to 10 s. What is not stored then is read again at the next start. */
    @Override
    public void close() {
        stop();
        try {
            if (!thread.join(STOP_TIMEOUT)) {
                log.warn("The archiver of {} did not end within {}; its thread is left behind", topic, STOP_TIMEOUT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));
        while (!isStopping()) {
            try {
                readOn(backoff);
            } catch (WakeupException e) {
                log.debug("Woken to stop", e);
            } catch (KafkaException e) {
                failed(Component.KAFKA, State.WAITING_FOR_KAFKA, e, backoff);
            } catch (RuntimeException e) {
                failed(Component.ARCHIVER, State.STARTING, e, backoff);
            }
        }
        state = State.STOPPED;
    }

    private void readOn(Backoff backoff) {
        Consumer<byte[], byte[]> consumer = consumers.get();
        try {
            current = consumer;
            ReadSession<R> session = sessions.open(consumer);
            while (!isStopping()) {
                session.step();
                backoff.succeeded();
            }
        } finally {
            current = null;
            consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
        }
    }

    private void failed(Component component, State next, RuntimeException e, Backoff backoff) {
        meters.error(component);
        report(next, String.valueOf(e.getMessage()));
        Duration wait = backoff.failed();
        log.error("Archiving {} failed; reading begins anew in {} ms", topic, wait.toMillis(), e);
        try {
            if (stopping.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                log.debug("Stopped while waiting to begin anew");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            stopping.countDown();
        }
    }

    private void report(State next, @Nullable String why) {
        if (state != next) {
            log.info("Archiver of {}: {}{}", topic, next, why == null ? "" : ", " + why);
        }
        state = next;
        problem = why;
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }
}
