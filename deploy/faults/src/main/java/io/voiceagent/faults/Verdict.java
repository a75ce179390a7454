package io.voiceagent.faults;

import java.util.List;

/**
 * What the checker found in one batch.
 *
 * @param ended accepted turns that ended, in whatever way
 * @param lost accepted turns that did not end, or that an ingress did not know
 * @param failed of those that ended: neither completed nor cancelled as asked
 * @param duplicatedEffects effects that must not happen twice, and did
 * @param lostEffects effects of which the model was told that they had happened, and that had not
 * @param mixedText turns whose text is not what the model says, or not what was streamed
 * @param disagreeing turns of which two readers, or poll and stream, tell another story
 * @param unknownOutcomes calls of which the model was told that they may have run
 * @param repeatedEffects effects that may happen twice, and did
 * @param extraModelCalls calls of the model beyond what the turns needed
 * @param held turns that waited for their next event for longer than usual, in milliseconds, sorted
 * @param breaches what was wrong, in words
 */
record Verdict(
        int accepted,
        int ended,
        int lost,
        int failed,
        int duplicatedEffects,
        int lostEffects,
        int mixedText,
        int disagreeing,
        int unknownOutcomes,
        int repeatedEffects,
        int extraModelCalls,
        List<Long> held,
        List<String> breaches) {

    Verdict {
        held = held.stream().sorted().toList();
        breaches = List.copyOf(breaches);
    }
}
