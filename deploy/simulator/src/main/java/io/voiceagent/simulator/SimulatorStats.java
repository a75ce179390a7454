package io.voiceagent.simulator;

import java.util.Map;

/**
 * What the simulator has seen since its start; also JSON at {@code GET /stats}.
 *
 * @param model requests for chat completions
 * @param searches requests for a search
 * @param faults by the word of the marker, how many requests were made to fail so, searches too
 * @param tags the requests whose text carried {@code [[tag=NAME]]}, by name
 */
public record SimulatorStats(Tally model, long searches, Map<String, Long> faults, Map<String, Tally> tags) {

    /**
     * @param requests well-formed requests begun
     * @param open of these, not yet ended
     * @param completed answered to the end
     * @param aborted the client closed the connection before the end: what a cancel looks like from the model's side
     * @param failed ended by the simulator without an answer or in the middle of one
     */
    public record Tally(long requests, long open, long completed, long aborted, long failed) {

        /** Nothing seen. */
        public static final Tally NONE = new Tally(0, 0, 0, 0, 0);
    }

    /** The tally of a tag; {@link Tally#NONE} when no request carried it. */
    public Tally tag(String name) {
        return tags.getOrDefault(name, Tally.NONE);
    }
}
