package io.voiceagent.agent.llm;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One try: what the HTTP client and the reader of its events must know of each other. langchain4j calls the client deep
 * below the caller, on the same thread, so the exchange is bound to the scope of the call instead of being handed down.
 */
final class Exchange {
    /** The exchange of the try that runs on this thread. */
    static final ScopedValue<Exchange> CURRENT = ScopedValue.newInstance();

    private final Patience patience;
    private final Stop stop;
    private String chunk = "";
    private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();

    Exchange(Patience patience, Stop stop) {
        this.patience = patience;
        this.stop = stop;
    }

    Patience patience() {
        return patience;
    }

    Stop stop() {
        return stop;
    }

    /** The event that is handed to langchain4j now, whole: it keeps to itself what it does not know. Of the reading thread alone. */
    String chunk() {
        return chunk;
    }

    void chunk(String data) {
        chunk = data;
    }

    /** The try has failed; the first reason counts, what follows from it does not. */
    void fail(Failure reason) {
        failure.compareAndSet(null, reason);
    }

    @Nullable
    Failure failure() {
        return failure.get();
    }

    /** Whether nothing that still comes is of interest. */
    boolean isOver() {
        return stop.isOrdered() || failure.get() != null;
    }
}
