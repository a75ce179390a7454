package io.voiceagent.agent.topology;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.StepEvent;
import java.util.List;

/** The rule by which seals are written, opened to a simulation. */
public final class SealRules {
    private SealRules() {}

    /** The seals that a committed decision asks for. */
    public static List<Frame.Seal> seals(StepEvent event) {
        return Sealer.seals(event);
    }
}
