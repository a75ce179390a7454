package io.voiceagent.transport.crash;

import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A place between two steps that a crash may part. {@link #reach} does nothing, and is compiled to nothing, unless the system property
 * {@value #PROPERTY} names a class to be told; services are shipped without one.
 *
 * <p>{@code STAGE_…}: of a worker that calls models or runs tools; {@code ORCHESTRATOR_…}: of one that decides; {@code INGRESS_…}: of the
 * API.
 */
public enum CrashPoint {
    /** The worker is about to announce itself. */
    STAGE_ANNOUNCE_BEFORE,
    /** An announcement of the worker is acknowledged. */
    STAGE_ANNOUNCE_AFTER,
    /** A call has been read, and nothing was made of it yet. */
    STAGE_TAKE_BEFORE,
    /** A call is taken and will run. */
    STAGE_TAKE_AFTER,
    /** Frame 0, which binds the attempt to this worker, is about to be sent. */
    STAGE_OPENED_BEFORE,
    /** Frame 0 is acknowledged. */
    STAGE_OPENED_AFTER,
    /** The model is about to be called, or the tool to be run. */
    STAGE_EFFECT_BEFORE,
    /** The model has answered to the end, or the tool has run. */
    STAGE_EFFECT_AFTER,
    /** The first frame with something to show is about to be sent. */
    STAGE_FIRST_FRAME_BEFORE,
    /** The first frame with something to show is acknowledged. */
    STAGE_FIRST_FRAME_AFTER,
    /** The handler has ended; what it wrote last may not be sent. */
    STAGE_LAST_FRAME_BEFORE,
    /** All frames are acknowledged. */
    STAGE_LAST_FRAME_AFTER,
    /** The result is about to be sent. */
    STAGE_RESULT_BEFORE,
    /** The result is acknowledged, and the worker still holds the call. */
    STAGE_RESULT_AFTER,

    /** The orchestrator is about to announce itself. */
    ORCHESTRATOR_ANNOUNCE_BEFORE,
    /** An announcement of the orchestrator is acknowledged. */
    ORCHESTRATOR_ANNOUNCE_AFTER,
    /** A request or result has been read, and nothing is decided. */
    ORCHESTRATOR_TAKE_BEFORE,
    /** A request or result is worked in; its transaction is open. */
    ORCHESTRATOR_TAKE_AFTER,
    /** A decision is about to be written: state, events and commands. */
    ORCHESTRATOR_PRODUCE_BEFORE,
    /** A decision is written; its transaction is open. */
    ORCHESTRATOR_PRODUCE_AFTER,
    /** A transaction is about to be committed. */
    ORCHESTRATOR_COMMIT_BEFORE,
    /** A transaction is committed. */
    ORCHESTRATOR_COMMIT_AFTER,
    /** A seal is about to be sent. */
    ORCHESTRATOR_SEAL_BEFORE,
    /** Seals are acknowledged, and the place of what asked for them is not committed. */
    ORCHESTRATOR_SEAL_AFTER,

    /** A request is about to be written to the log. */
    INGRESS_PRODUCE_BEFORE,
    /** A request is acknowledged, and the client is not answered. */
    INGRESS_PRODUCE_AFTER,
    /** A decision or frame has been read, and no client was sent it. */
    INGRESS_TAKE_BEFORE,
    /** A decision or frame was handed to those who follow it. */
    INGRESS_TAKE_AFTER,
    /** A client is about to be sent the first event of a stream. */
    INGRESS_FIRST_EVENT_BEFORE,
    /** A client is about to be sent the end of a stream. */
    INGRESS_LAST_EVENT_BEFORE;

    /** System property: name of a class with a constructor without parameters, that is a {@code Consumer<CrashPoint>}. */
    public static final String PROPERTY = "voiceagent.crashpoint";

    private static final @Nullable Consumer<CrashPoint> HANDLER = handler(System.getProperty(PROPERTY));

    /** Tells whoever wants to know that a thread has come here; it may not return. */
    public void reach() {
        if (HANDLER != null) {
            HANDLER.accept(this);
        }
    }

    /** Whether anybody wants to know. */
    public static boolean watched() {
        return HANDLER != null;
    }

    /** As it is written in plans and tables, for example {@code stage.first-frame.after}. */
    public String text() {
        String[] words = name().toLowerCase(Locale.ROOT).split("_", -1);
        StringBuilder text = new StringBuilder(words[0]).append('.').append(words[1]);
        for (int i = 2; i < words.length; i++) {
            text.append(i == words.length - 1 ? '.' : '-').append(words[i]);
        }
        return text.toString();
    }

    @SuppressWarnings("unchecked")
    private static @Nullable Consumer<CrashPoint> handler(@Nullable String className) {
        if (className == null) {
            return null;
        }
        try {
            return (Consumer<CrashPoint>)
                    Class.forName(className).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            throw new IllegalStateException(
                    PROPERTY + " is " + className
                            + ", which can't be used: leave it away, or name a class of the tests",
                    e);
        }
    }
}
