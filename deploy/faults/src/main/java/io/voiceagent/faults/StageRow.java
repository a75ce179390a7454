package io.voiceagent.faults;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One fault of a stage, a topic, a clock or a client: what is done, and what is asked meanwhile.
 *
 * @param name of the fault, as the page tells it
 * @param untried why it is not tried; null when it is
 */
record StageRow(String name, @Nullable String untried, Body body) {
    /** What is done while it lasts. */
    interface Body {
        /** @return the turns that were accepted meanwhile */
        List<Accepted> run(Ground ground) throws Exception;
    }

    /**
     * Where it is done.
     *
     * @param customers clients at one time
     * @param numbers of turns: each has one of its own
     * @param refusals takes the submissions that were not accepted at once
     * @param refused takes what customers gave up with
     * @param notes takes what else is to be told
     */
    record Ground(
            Cluster cluster,
            Fleet fleet,
            int customers,
            long seed,
            AtomicInteger numbers,
            Refusals refusals,
            List<String> refused,
            Map<String, Long> notes) {}
}
