package io.voiceagent.agent.core;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a crash of the orchestrator leaves: its state and its place in the inputs, as they were committed together. */
final class Partition {
    final Map<String, Turn> turns = new LinkedHashMap<>();
    final Map<String, Conversation> conversations = new LinkedHashMap<>();
    /** Kind and key → the latest submission that was accepted under it. */
    final Map<String, Registered> submissions = new LinkedHashMap<>();

    final int[] offsets = new int[3];

    /** Adds what one transaction has changed. */
    void commit(Partition changes) {
        turns.putAll(changes.turns);
        conversations.putAll(changes.conversations);
        submissions.putAll(changes.submissions);
        place(changes.offsets);
    }

    void place(int[] at) {
        System.arraycopy(at, 0, offsets, 0, offsets.length);
    }

    void clear() {
        turns.clear();
        conversations.clear();
        submissions.clear();
    }

    /** What an orchestrator knows that is replaced: from here on the other's changes do not come to it. */
    Partition copy() {
        Partition copy = new Partition();
        copy.commit(this);
        return copy;
    }
}
