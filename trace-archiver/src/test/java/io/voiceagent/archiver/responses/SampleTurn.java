package io.voiceagent.archiver.responses;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolDescription.Kind;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import io.voiceagent.messages.fold.ResponseEvent;
import io.voiceagent.messages.fold.ResponseFold;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The two logs of a turn: a model step that asks for a web search, the search, and a model step that answers. Attempts are lost
 * and superseded, and write on, as the random numbers want it.
 */
public final class SampleTurn {

    static final long SUBMITTED = Instant.now().toEpochMilli();

    public final String id;
    public final String conversation;
    public final List<StepEvent> steps = new ArrayList<>();
    public final List<Frame> frames = new ArrayList<>();
    private final Random random;

    /** @param seed two turns with the same are the same */
    public SampleTurn(int partition, long seed) {
        this(partition, seed, 3, true);
    }

    /**
     * @param pieces how many deltas the answer has
     * @param store whether the client wants it to be kept
     */
    SampleTurn(int partition, long seed, int pieces, boolean store) {
        this.random = new Random(seed);
        this.conversation = ResponseId.conversation(partition, random.nextLong());
        byte[] mac = new byte[ResponseId.MAC_BYTES];
        random.nextBytes(mac);
        this.id = ResponseId.format(
                ResponseId.signedBytes(1, conversation, Instant.ofEpochMilli(SUBMITTED), random.nextInt()), mac);
        steps.add(new StepEvent.Accepted(
                id,
                conversation,
                "acme",
                SUBMITTED + 5,
                SUBMITTED,
                SUBMITTED + 600_000,
                ResponseFold.VERSION,
                spec(store),
                List.of(new ToolDescription(
                        "web_search",
                        "builtin",
                        Kind.WEB_SEARCH,
                        "Searches.",
                        Json.tree("{\"type\":\"object\"}"),
                        true,
                        1000,
                        1000,
                        "00")),
                null));
        search();
        answer(pieces);
        steps.add(new StepEvent.Ended(
                id, conversation, SUBMITTED + 2_000, Status.COMPLETED, null, null, new Usage(10, 2, 5, 1)));
    }

    private static ResponseSpec spec(boolean store) {
        return ResponseSpec.builder("model-1", "Wie heißt \u65e5\u672c?")
                .store(store)
                .metadata(Map.of("purpose", "test"))
                .build();
    }

    private void search() {
        steps.add(new StepEvent.StepStarted(id, conversation, SUBMITTED, 0, StepKind.MODEL, List.of()));
        CallRef ask = call(
                0,
                List.of(
                        new Frame.ToolCallStart(0, "call_1", "web_search"),
                        new Frame.ToolCallArguments(0, "{\"query\":\"q\"}")));
        steps.add(ended(ask, new CallOutput.Model(List.of(), Finish.TOOL_CALLS, Usage.NONE, null)));
        PlannedTool planned = new PlannedTool("call_1", "web_search", "{\"query\":\"q\"}");
        steps.add(new StepEvent.StepStarted(id, conversation, SUBMITTED, 1, StepKind.TOOLS, List.of(planned)));
        CallRef run = call(1, List.of(new Frame.Progress("searching")));
        if (random.nextInt(4) == 0) {
            frames.add(new Frame.Seal(run, conversation));
            steps.add(new StepEvent.StepEnded(
                    id,
                    conversation,
                    SUBMITTED,
                    1,
                    List.of(new CallOutcome(run, 0, true, false, null, new TurnError("worker_lost", "lost")))));
        } else {
            steps.add(ended(run, new CallOutput.Tool("found", null)));
        }
    }

    private void answer(int pieces) {
        steps.add(new StepEvent.StepStarted(id, conversation, SUBMITTED, 2, StepKind.MODEL, List.of()));
        List<Frame.Delta> deltas = new ArrayList<>();
        for (int i = 0; i < pieces; i++) {
            deltas.add(new Frame.Text("piece " + i + " \u00e4\u20ac\ud83d\ude00 " + random.nextInt(1000)));
        }
        CallRef ref = call(2, deltas);
        steps.add(ended(ref, new CallOutput.Model(List.of(), Finish.STOP, Usage.NONE, null)));
    }

    /** Writes the frames of a call, and of attempts of it that were lost. */
    private CallRef call(int step, List<Frame.Delta> deltas) {
        CallRef ref = new CallRef(id, step, 0, 0);
        while (random.nextInt(4) == 0) {
            frames.add(new Frame.Opened(ref, conversation, "lost"));
            frames.add(new Frame.Deltas(ref, conversation, "lost", 1, List.of(new Frame.Text("lost"))));
            ref = ref.next();
        }
        frames.add(new Frame.Opened(ref, conversation, "worker"));
        int index = 1;
        for (Frame.Delta delta : deltas) {
            frames.add(new Frame.Deltas(ref, conversation, "worker", index++, List.of(delta)));
        }
        return ref;
    }

    private StepEvent ended(CallRef ref, CallOutput output) {
        int written = (int) frames.stream()
                .filter(frame -> frame.ref().equals(ref) && !(frame instanceof Frame.Seal))
                .count();
        return new StepEvent.StepEnded(
                id,
                conversation,
                SUBMITTED,
                ref.step(),
                List.of(new CallOutcome(ref, written, false, true, output, null)));
    }

    /** Its client deletes it. */
    StepEvent.Deleted deletion() {
        return new StepEvent.Deleted(id, conversation, "acme", SUBMITTED + 3_000);
    }

    /** The event texts, one a line, as the fold gives them. */
    byte[] expectedEvents() {
        StringBuilder lines = new StringBuilder();
        for (ResponseEvent event : fold(new ResponseFold(id))) {
            lines.append(event.json()).append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The final response object, as the fold gives it. */
    String expectedBody() {
        ResponseFold fold = new ResponseFold(id);
        fold(fold);
        return String.valueOf(fold.response());
    }

    private List<ResponseEvent> fold(ResponseFold fold) {
        List<ResponseEvent> events = new ArrayList<>();
        steps.forEach(step -> events.addAll(fold.apply(step)));
        frames.forEach(frame -> events.addAll(fold.apply(frame)));
        if (!fold.ended()) {
            throw new IllegalStateException(id + " does not end");
        }
        return events;
    }
}
