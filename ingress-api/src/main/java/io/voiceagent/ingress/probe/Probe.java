package io.voiceagent.ingress.probe;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One component, looked at in a thread of its own; asked by any number of others. Taken to be up until the first look. */
public final class Probe implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Probe.class);
    private static final String OK = "ok";

    private final String component;
    private final Duration pause;
    private final Callable<String> look;
    private final Thread thread;
    private volatile String detail = OK;

    private Probe(String component, Duration pause, Callable<String> look) {
        this.component = component;
        this.pause = pause;
        this.look = look;
        this.thread = Thread.ofVirtual().name("probe-" + component).unstarted(this::run);
    }

    /**
     * Starts looking.
     *
     * @param component for logs
     * @param pause between the end of a look and the next one
     * @param look answers what is wrong, empty when nothing is; an exception is taken as wrong, and told by its type alone since messages
     *     may hold addresses. Must end by itself in a few seconds
     */
    public static Probe start(String component, Duration pause, Callable<String> look) {
        Probe probe = new Probe(component, pause, look);
        probe.thread.start();
        return probe;
    }

    /** Whether nothing was wrong at the last look. */
    public boolean up() {
        return detail.equals(OK);
    }

    /** For people: what was wrong at the last look, or {@code ok}. */
    public String detail() {
        return detail;
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void run() {
        try {
            while (true) {
                become(look());
                Thread.sleep(pause);
            }
        } catch (InterruptedException e) {
            // Closed: there is nothing left to look at
            Thread.currentThread().interrupt();
        }
    }

    private String look() throws InterruptedException {
        try {
            String problem = look.call();
            return problem.isEmpty() ? OK : problem;
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            LOG.debug("No answer from {}", component, e);
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return "no answer (%s)".formatted(cause.getClass().getSimpleName());
        }
    }

    private void become(String now) {
        if (now.equals(OK) && !up()) {
            LOG.info("{} is there again", component);
        } else if (!now.equals(OK) && up()) {
            LOG.warn("{} is away: {}", component, now);
        }
        detail = now;
    }
}
