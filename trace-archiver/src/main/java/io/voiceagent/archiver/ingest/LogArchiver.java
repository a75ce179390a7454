package io.voiceagent.archiver.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.archiver.ingest.ArchiveMeters.Component;
import io.voiceagent.archiver.ingest.ArchiveStatus.State;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives on a thread of its own: keeps a {@link Session} going, and begins a new one with new consumers when one fails.
 * Several archivers of one topic, in this process or in others, share its partitions as a consumer group.
 */
public final class LogArchiver implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LogArchiver.class);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

    private final String subject;
    private final Session.Factory sessions;
    private final ArchiveMeters meters;
    private final List<Lag> lags;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread;
    private volatile State state = State.STARTING;
    private volatile @Nullable String problem;
    private volatile @Nullable Session current;

    /**
     * @param subject what is archived, as health checks and logs name it
     * @param lags how far behind it is on each log that it reads
     */
    public LogArchiver(String subject, Session.Factory sessions, ArchiveMeters meters, List<Lag> lags) {
        this.subject = subject;
        this.sessions = sessions;
        this.meters = meters;
        this.lags = List.copyOf(lags);
        this.thread = Thread.ofPlatform().name("archive-" + subject).unstarted(this::run);
    }

    /**
     * Archives one topic whose records are rows.
     *
     * @param writers how many read and store side by side, each with a connection to Postgres of its own; they share the
     *     topic's partitions as those of several processes do. 1 or more
     * @param consumers makes the consumer of one of them, counted from 1, that never commits and never resets: {@code
     *     enable.auto.commit=false}, {@code auto.offset.reset=none}; its fetch settings bound the batch and say how long
     *     records are gathered
     * @param storage where the rows go
     * @return an archiver for each writer
     */
    public static <R> List<LogArchiver> ofRows(
            String topic,
            int writers,
            IntFunction<Consumer<byte[], byte[]>> consumers,
            Storage<R> storage,
            MeterRegistry registry) {
        ArchiveMeters meters = new ArchiveMeters(registry, topic);
        List<Lag> lags =
                Stream.generate(() -> new Lag(Clock.systemUTC())).limit(writers).toList();
        meters.lag(
                () -> lags.stream().mapToLong(Lag::records).sum(),
                () -> lags.stream().mapToDouble(Lag::seconds).max().orElse(0));
        return IntStream.rangeClosed(1, writers)
                .mapToObj(number -> {
                    Lag lag = lags.get(number - 1);
                    return new LogArchiver(
                            number == 1 ? topic : topic + "-" + number,
                            report -> new ReadSession<>(topic, consumers.apply(number), storage, meters, lag, report),
                            meters,
                            List.of(lag));
                })
                .toList();
    }

    /** Begins to read. Once. */
    public void start() {
        thread.start();
    }

    /** What it is doing. */
    public ArchiveStatus status() {
        State shown = thread.isAlive() || state == State.STARTING ? state : State.STOPPED;
        return new ArchiveStatus(
                subject,
                shown,
                problem,
                lags.stream().mapToLong(Lag::records).sum(),
                lags.stream().mapToDouble(Lag::seconds).max().orElse(0));
    }

    /** Asks it to end after the batch at hand; does not wait. */
    public void stop() {
        stopping.countDown();
        Session session = current;
        if (session != null) {
            session.wakeUp();
        }
    }

    /** Stops it and waits up to 10 s. */
    @Override
    public void close() {
        close(STOP_TIMEOUT);
    }

    /** Stops it and waits for its end. What is not stored then is read again at the next start. */
    public void close(Duration atMost) {
        stop();
        try {
            if (!thread.join(atMost)) {
                log.warn("The archiver of {} did not end within {}; its thread is left behind", subject, atMost);
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
        try (Session session = sessions.open(this::report)) {
            current = session;
            while (!isStopping()) {
                session.step();
                backoff.succeeded();
            }
        } finally {
            current = null;
        }
    }

    private void failed(Component component, State next, RuntimeException e, Backoff backoff) {
        meters.error(component);
        report(next, String.valueOf(e.getMessage()));
        Duration wait = backoff.failed();
        log.error("Archiving {} failed; reading begins anew in {} ms", subject, wait.toMillis(), e);
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
            log.info("Archiver of {}: {}{}", subject, next, why == null ? "" : ", " + why);
        }
        state = next;
        problem = why;
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }
}
