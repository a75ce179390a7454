package io.voiceagent.faults;

import io.voiceagent.transport.crash.CrashPoint;
import java.util.Arrays;
import java.util.List;

/** What a process of the pipeline is for; of each there are two, so that one can be harmed. */
public enum Role {
    /** A worker that calls models. */
    LLM("STAGE_"),
    /** A worker that runs tools. */
    TOOL("STAGE_"),
    /** Who decides. */
    ORCHESTRATOR("ORCHESTRATOR_"),
    /** The API. */
    INGRESS("INGRESS_");

    private final String prefix;

    Role(String prefix) {
        this.prefix = prefix;
    }

    /** As tables have it. */
    String text() {
        return switch (this) {
            case LLM -> "LLM worker";
            case TOOL -> "tool worker";
            case ORCHESTRATOR -> "orchestrator";
            case INGRESS -> "ingress";
        };
    }

    /** The crash points that such a process comes to in the workload. A tool shows nothing before its result. */
    List<CrashPoint> points() {
        return Arrays.stream(CrashPoint.values())
                .filter(point -> point.name().startsWith(prefix))
                .filter(point -> this != TOOL || !point.name().startsWith("STAGE_FIRST_FRAME"))
                .toList();
    }
}
