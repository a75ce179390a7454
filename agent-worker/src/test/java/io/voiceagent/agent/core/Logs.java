package io.voiceagent.agent.core;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The topics. Only what is committed is in them, except for the stream, which is read uncommitted. */
final class Logs {
    /** Few, so that workers share them and meet calls that are not theirs. */
    static final int CALL_PARTITIONS = 3;

    final Log<Request> requests;
    final Log<StepEvent> steps;
    final Log<Frame> stream;
    final Log<Announcement> workers;
    final Map<Stage, Log<CallResult>> results = new EnumMap<>(Stage.class);
    private final Map<Stage, List<Log<Call>>> calls = new EnumMap<>(Stage.class);

    Logs(World world) {
        requests = new Log<>(world);
        steps = new Log<>(world);
        stream = new Log<>(world);
        workers = new Log<>(world);
        for (Stage stage : Stage.values()) {
            results.put(stage, new Log<>(world));
            List<Log<Call>> partitions = new ArrayList<>();
            for (int i = 0; i < CALL_PARTITIONS; i++) {
                partitions.add(new Log<>(world));
            }
            calls.put(stage, partitions);
        }
    }

    Log<Call> calls(Stage stage, int partition) {
        return calls.get(stage).get(partition);
    }
}
