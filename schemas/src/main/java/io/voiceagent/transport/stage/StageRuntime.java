package io.voiceagent.transport.stage;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.telemetry.Telemetry;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.producer.Producer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running stage: takes the calls that name this worker as their owner and answers each exactly as its handler says.
 *
 * <p>What it does, in order: chooses the least used partition of its calls topic, reads it from the end, announces itself
 * every second, and runs each call on a virtual thread. It answers {@code busy} when it is full or leaves, obeys stops,
 * and begins nothing while others may believe it dead. When its place in the log is lost, it begins a new life with a new
 * id. Thread-safe.
 */
public final class StageRuntime implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StageRuntime.class);
    private static final Duration PAUSE_BETWEEN_LIVES = Duration.ofSeconds(1);
    private static final Duration CLOSE_CHECK = Duration.ofMillis(20);
    /**
     * Who leaves still reads for so long: calls that were given to it before others heard that it leaves are answered busy, and begun
     * elsewhere at once. Unanswered, each would wait for the end of the lease.
     */
    private static final Duration LATE_CALLS = Duration.ofMillis(500);

    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(2);

    private final StageOptions options;
    private final CallHandler handler;
    private final Incarnation.Clients clients;
    private final CallSpans spans;
    private final StageMetrics metrics;
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile Incarnation incarnation;

    private StageRuntime(
            StageOptions options,
            CallHandler handler,
            Incarnation.Clients clients,
            CallSpans spans,
            StageMetrics metrics) {
        this.options = options;
        this.handler = handler;
        this.clients = clients;
        this.spans = spans;
        this.metrics = metrics;
        this.incarnation = new Incarnation(options, handler, clients, spans, metrics);
        this.thread = Thread.ofPlatform().name("stage-" + options.stage()).unstarted(this::lives);
    }

    /**
     * Starts the stage; its topics must exist. Returns before it is announced, see {@link #living()}.
     *
     * @param telemetry for the span of each call and of each result's sending
     * @param meters where the meters {@code voice.agent.stage.*} go
     */
    public static StageRuntime start(
            StageOptions options, CallHandler handler, Telemetry telemetry, MeterRegistry meters) {
        String client = "stage-%s-%s"
                .formatted(
                        options.stage(),
                        HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()));
        Producer<String, byte[]> frames = Producers.stage(options.kafka(), client + "-frames");
        Incarnation.Clients clients = new Incarnation.Clients(
                frames, telemetry.traced(frames), Producers.announcements(options.kafka(), client + "-announcements"));
        StageMetrics metrics = new StageMetrics(meters, options.stage());
        StageRuntime runtime = new StageRuntime(
                options,
                handler,
                clients,
                new CallSpans(telemetry.tracer("io.voiceagent.transport.stage"), telemetry.messageText()),
                metrics);
        metrics.gauges(options.slots(), runtime::held, () -> runtime.incarnation.announcementAge());
        runtime.thread.start();
        return runtime;
    }

    /** The id of this worker's present life, 16 hex digits. */
    public String incarnation() {
        return incarnation.id();
    }

    /** Whether the stage is announced and its announcements reach the log: whether it can be given calls. */
    public boolean living() {
        return incarnation.living();
    }

    /** Calls that run or whose result is not acknowledged. */
    public int held() {
        return incarnation.held();
    }

    /**
     * Announces that it leaves, lets running calls end within the drain grace, hands back those that have not, and leaves.
     * Takes at most the drain grace, the stop grace and some seconds more.
     */
    @Override
    public void close() {
        closing.countDown();
        incarnation.drain();
        long began = System.nanoTime();
        boolean idle = awaitIdle(options.drainGrace());
        if (!idle) {
            LOG.warn("Stage {} hands back {} calls", options.stage(), held());
            incarnation.handBack();
            awaitIdle(options.stopGrace().plusSeconds(2));
        }
        await(LATE_CALLS.minusNanos(System.nanoTime() - began), () -> !thread.isAlive());
        awaitIdle(ANSWERS_WITHIN);
        incarnation.leave();
        try {
            thread.join(Duration.ofSeconds(15));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // What was taken in the loop's last round
        await(ANSWERS_WITHIN, () -> held() == 0);
        clients.announcements().close(Duration.ofSeconds(2));
        clients.frames().close(Duration.ofSeconds(2));
    }

    private boolean awaitIdle(Duration atMost) {
        await(atMost, () -> held() == 0);
        return held() == 0;
    }

    private static void await(Duration atMost, BooleanSupplier condition) {
        long end = System.nanoTime() + atMost.toNanos();
        try {
            while (!condition.getAsBoolean() && System.nanoTime() - end < 0) {
                Thread.sleep(CLOSE_CHECK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lives() {
        while (true) {
            try {
                incarnation.live();
                return;
            } catch (Exception e) {
                metrics.incarnationEnded(e instanceof InvalidOffsetException ? "position_lost" : "failed");
                LOG.warn("Incarnation {} of stage {} has ended", incarnation.id(), options.stage(), e);
            }
            try {
                if (closing.await(PAUSE_BETWEEN_LIVES.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            incarnation = new Incarnation(options, handler, clients, spans, metrics);
            // Whoever closes has either seen the new life or been seen here
            if (closing.getCount() == 0) {
                return;
            }
        }
    }
}
