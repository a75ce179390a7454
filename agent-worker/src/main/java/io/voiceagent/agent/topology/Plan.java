package io.voiceagent.agent.topology;

import io.opentelemetry.context.Context;
import io.voiceagent.agent.core.Command;
import io.voiceagent.agent.core.Decision;
import io.voiceagent.agent.core.Turn;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.TopicSpecs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * A decision as bytes, measured: once it exists, carrying it out can't fail for the size of anything. An oversize forward would kill the
 * stream thread, and again after each restart.
 *
 * @param state bytes of the state after, null when it is to stay as it is
 */
record Plan(List<Send> sends, byte @Nullable [] state) {
    /** Largest value of a record of ours; what remains of the topics' limit is room for key, headers and the batch. */
    static final int LIMIT = TopicSpecs.MAX_RECORD_BYTES - (16 << 10);

    /** A record and the sink that it goes to. */
    record Send(String sink, Record<String, Outgoing> record) {}

    /**
     * Builds all records of the decision.
     *
     * @param branch the turns before this one, asked for only when a model is called
     * @param trace names the turn's span
     * @throws TooLargeException when one of them, or the state, is too large
     */
    static Plan of(Decision decision, Supplier<List<Turn.Over>> branch, Context trace, long now) {
        List<Send> sends = new ArrayList<>();
        for (StepEvent event : decision.events()) {
            sends.add(step(event, trace, now));
        }
        for (Command command : decision.commands()) {
            Call call = command.call(decision.after(), branch);
            String sink = command.stage() == Stage.LLM
                    ? OrchestratorTopology.LLM_CALLS_SINK
                    : OrchestratorTopology.TOOL_CALLS_SINK;
            sends.add(send(sink, call.conversation(), call, command.partition(), Records.headers(call, trace), now));
        }
        boolean kept = !decision.events().isEmpty() && !(decision.after() instanceof Turn.Unknown);
        byte[] state = kept ? TurnCodec.write(decision.after()) : null;
        if (state != null) {
            measure("the turn's state", state.length);
        }
        return new Plan(sends, state);
    }

    /** Builds the records of events that are no turn's. */
    static Plan of(List<StepEvent> events, Context trace, long now) {
        List<Send> sends = new ArrayList<>();
        events.forEach(event -> sends.add(step(event, trace, now)));
        return new Plan(sends, null);
    }

    private static Send step(StepEvent event, Context trace, long now) {
        return send(
                OrchestratorTopology.STEPS_SINK,
                event.conversation(),
                event,
                ResponseId.partition(event.conversation()),
                Records.headers(event, trace),
                now);
    }

    private static Send send(String sink, String key, Object value, int partition, Headers headers, long now) {
        byte[] bytes = Json.write(value);
        long size = bytes.length + key.length();
        for (Header header : headers) {
            size += header.key().getBytes(StandardCharsets.UTF_8).length + header.value().length;
        }
        measure(value.getClass().getSimpleName(), size);
        return new Send(sink, new Record<>(key, new Outgoing(bytes, partition), now, headers));
    }

    private static void measure(String what, long bytes) {
        if (bytes > LIMIT) {
            throw new TooLargeException(what, bytes, LIMIT);
        }
    }
}
