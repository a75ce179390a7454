package io.voiceagent.transport.stage;

import io.voiceagent.messages.Frame;

/**
 * Streams what a call brings. Frame 0 has been sent before the handler runs; the first delta waits for its
 * acknowledgement and goes out at once; later ones are sent together after 20 ms or by 32.
 *
 * <p>Thread-safe; the order of the calls is the order of the deltas.
 */
public interface FrameWriter {
    /** Longest text of one delta, in characters. */
    int MAX_DELTA_CHARS = 128 * 1024;

    /**
     * Adds a delta; may block while Kafka is slow.
     *
     * @throws CallStoppedException when the attempt has been told to stop: this delta is not part of it
     * @throws FramesFailedException when a frame could not be sent: the attempt is over
     * @throws IllegalArgumentException when the delta is longer than {@link #MAX_DELTA_CHARS}
     */
    void write(Frame.Delta delta);

    /**
     * Sends what waits.
     *
     * @throws FramesFailedException when a frame could not be sent: the attempt is over
     */
    void flush();
}
