package io.voiceagent.transport.stage;

/** What a stage does with a call. Called on a virtual thread of its own, for up to {@code slots} calls at once. */
@FunctionalInterface
public interface CallHandler {
    /**
     * Does the work of one attempt and says how it ended. Streams what comes by {@link CallContext#frames()}.
     *
     * <p>When the call is stopped, the thread is interrupted, {@link CallContext#onStop} actions run, and {@link
     * FrameWriter#write} throws {@link CallStoppedException}: return {@link Outcome.Stopped} with what had been written by
     * then, or let the exception pass.
     *
     * @throws CallStoppedException or any other exception after a stop: the attempt is reported as stopped, without output
     * @throws FramesFailedException must be let pass: the runtime reports the attempt
     * @throws LeaseLostException must be let pass: nothing was started, the runtime hands the attempt back
     * @throws Exception anything else is a defect: the attempt is reported as failed, not to be tried again
     */
    Outcome handle(CallContext call) throws Exception;
}
