package io.voiceagent.transport.stage;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallRef;

/** One attempt of a call, as its handler sees it. Thread-safe. */
public interface CallContext {
    /** The call: {@link Call.Model} or {@link Call.Tool}, as the stage is. */
    Call call();

    /** The attempt. */
    default CallRef ref() {
        return call().ref();
    }

    /** Where what comes is streamed to. */
    FrameWriter frames();

    /** The span of this attempt, for attributes; it is current on the handler's thread, and the runtime ends it. */
    Span span();

    /** The context of that span, for threads that do not inherit it. */
    Context traceContext();

    /** Whether the attempt has been told to stop, or its worker leaves. */
    boolean stopped();

    /**
     * Runs {@code action} when the attempt is stopped, at once when it already is: to close an HTTP stream, say. Runs on a
     * thread of the runtime, must not block for long, and may run while the handler does.
     */
    void onStop(Runnable action);

    /**
     * To be called right before an effect that must not happen twice: passes when this worker is sure to be known as
     * living.
     *
     * @throws LeaseLostException when others may believe it dead and have given the call to someone else
     * @throws CallStoppedException when the attempt has been told to stop
     */
    void beginEffect();
}
