package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What really happened at the workers, whatever the orchestrator came to know of it. */
final class Truth {
    private final World world;
    private final Map<String, List<CallRef>> effects = new HashMap<>();
    private final Map<CallRef, CallOutput> outputs = new HashMap<>();

    Truth(World world) {
        this.world = world;
    }

    /** A tool did what it is there for. */
    void effect(CallRef ref, String incarnation) {
        world.tally.count(Happening.EFFECT);
        world.trace(() -> incarnation + " has the effect of " + ref);
        effects.computeIfAbsent(ref.idempotencyKey(), _ -> new ArrayList<>()).add(ref);
    }

    void ended(CallRef ref, CallResult result) {
        CallOutput output = switch (result) {
            case CallResult.Completed completed -> completed.output();
            case CallResult.Stopped stopped -> stopped.output();
            case CallResult.Failed _, CallResult.Busy _, CallResult.NeverStarted _ -> null;
        };
        if (output != null) {
            outputs.put(ref, output);
        }
    }

    List<CallRef> effects(String idempotencyKey) {
        return effects.getOrDefault(idempotencyKey, List.of());
    }

    /** What that attempt brought; null when it brought nothing. */
    CallOutput output(CallRef ref) {
        return outputs.get(ref);
    }
}
