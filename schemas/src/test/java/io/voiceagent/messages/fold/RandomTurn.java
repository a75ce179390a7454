package io.voiceagent.messages.fold;

import static io.voiceagent.messages.fold.Turn.accepted;
import static io.voiceagent.messages.fold.Turn.answered;
import static io.voiceagent.messages.fold.Turn.deltas;
import static io.voiceagent.messages.fold.Turn.modelStarted;
import static io.voiceagent.messages.fold.Turn.opened;
import static io.voiceagent.messages.fold.Turn.ran;
import static io.voiceagent.messages.fold.Turn.ref;
import static io.voiceagent.messages.fold.Turn.seal;
import static io.voiceagent.messages.fold.Turn.sealed;
import static io.voiceagent.messages.fold.Turn.stepEnded;
import static io.voiceagent.messages.fold.Turn.toolsStarted;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The two logs of a turn as faulty workers may write them: attempts that are superseded and write on, strangers' frames, holes, calls that
 * end at a seal with frames after it, parallel tools. The frames of all attempts of all steps are shuffled into one log, each attempt's
 * in its own order.
 */
final class RandomTurn {
    private static final TurnError LOST = new TurnError(ErrorCodes.WORKER_LOST, "lost");

    final List<Object> steps = new ArrayList<>();
    final List<Object> frames;
    /** Text of the attempts that count. */
    final StringBuilder acceptedText = new StringBuilder();
    /** What the {@code mcp} tools answered. */
    final Map<String, Integer> hostedOutputs = new LinkedHashMap<>();

    /** Arguments of the calls that wait for approval when the turn has ended. */
    final List<String> approvals = new ArrayList<>();

    private final Random random;
    private final List<List<Object>> writers = new ArrayList<>();

    RandomTurn(Random random) {
        this.random = random;
        steps.add(accepted());
        int step = 0;
        boolean going = true;
        if (random.nextInt(4) == 0) {
            tools(step++, List.of(new PlannedTool("call_before", "calculator", "{\"approved\":1}", "mcpr_before")));
        }
        for (int rounds = random.nextInt(3); going && approvals.isEmpty() && rounds > 0; rounds--) {
            List<PlannedTool> asked = new ArrayList<>();
            going = model(step++, 1 + random.nextInt(3), asked);
            if (going && !asked.isEmpty()) {
                tools(step++, asked);
            }
        }
        if (going && approvals.isEmpty() && random.nextInt(3) == 0) {
            rejected(step++);
        }
        going = going && (!approvals.isEmpty() || model(step, 0, new ArrayList<>()));
        steps.add(
                going
                        ? Turn.ended(Status.COMPLETED, null, null)
                        : Turn.ended(random.nextBoolean() ? Status.FAILED : Status.CANCELLED, LOST, null));
        frames = merge(random, writers);
    }

    private boolean model(int step, int toolCalls, List<PlannedTool> asked) {
        steps.add(modelStarted(step));
        int attempt = lostAttempts(step, 0);
        CallRef ref = ref(step, 0, attempt);
        assigned(ref, Stage.LLM);
        List<Frame.Delta> deltas = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        List<String> guarded = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            String piece = "<" + ref + "#" + i + ">";
            deltas.add(random.nextInt(4) == 0 ? new Frame.ReasoningText(piece) : new Frame.Text(piece));
        }
        if (random.nextInt(6) == 0) {
            deltas.add(new Frame.Refusal("<no " + ref + ">"));
        }
        for (int i = 0; i < toolCalls; i++) {
            String tool = List.of("web_search", "calculator", "guarded").get(random.nextInt(3));
            PlannedTool planned = new PlannedTool("call_" + step + "_" + i + "_" + attempt, tool, "{}");
            if (tool.equals("guarded")) {
                guarded.add("{\"query\":\"q\"}");
            } else {
                asked.add(planned);
            }
            deltas.add(new Frame.ToolCallStart(i, planned.callId(), tool));
            deltas.add(new Frame.ToolCallArguments(i, "{\"query\":"));
            deltas.add(new Frame.ToolCallArguments(i, "\"q\"}"));
        }
        List<Object> written = write(ref, deltas);
        if (random.nextInt(8) == 0) {
            writers.add(written);
            seals(ref);
            steps.add(stepEnded(step, sealed(ref, LOST)));
            return false;
        }
        approvals.addAll(guarded);
        // Reasoning and message are one item each, so their pieces are concatenated apart
        deltas.forEach(delta -> text.append(delta instanceof Frame.ReasoningText(String piece) ? piece : ""));
        StringBuilder said = new StringBuilder();
        deltas.forEach(delta -> said.append(delta instanceof Frame.Text(String piece, var _) ? piece : ""));
        deltas.forEach(delta -> said.append(delta instanceof Frame.Refusal(String piece) ? piece : ""));
        boolean reasonedFirst = deltas.stream()
                .filter(delta -> delta instanceof Frame.ReasoningText || delta instanceof Frame.Text)
                .findFirst()
                .filter(Frame.ReasoningText.class::isInstance)
                .isPresent();
        acceptedText.append(reasonedFirst ? text.append(said) : said.append(text));
        writers.add(sentAgain(written));
        strangers(ref, written.size());
        steps.add(stepEnded(step, answered(ref, written.size(), toolCalls > 0 ? Finish.TOOL_CALLS : Finish.STOP)));
        return true;
    }

    /** An answer that is not of the format that was asked for: the next step repairs it, and it is in no output. */
    private void rejected(int step) {
        steps.add(modelStarted(step));
        CallRef ref = ref(step, 0, lostAttempts(step, 0));
        assigned(ref, Stage.LLM);
        List<Object> written = write(ref, List.of(new Frame.ReasoningText("rejected"), new Frame.Text("rejected")));
        writers.add(sentAgain(written));
        CallOutput.Model answer = new CallOutput.Model(List.of(), Finish.STOP, Usage.NONE, null, List.of("not JSON"));
        steps.add(stepEnded(step, new CallOutcome(ref, written.size(), false, false, answer, null)));
    }

    private void tools(int step, List<PlannedTool> asked) {
        steps.add(toolsStarted(step, asked.toArray(PlannedTool[]::new)));
        List<CallOutcome> outcomes = new ArrayList<>();
        for (int call = 0; call < asked.size(); call++) {
            CallRef ref = ref(step, call, lostAttempts(step, call));
            assigned(ref, Stage.TOOL);
            List<Frame.Delta> deltas = new ArrayList<>();
            for (int i = random.nextInt(3); i > 0; i--) {
                deltas.add(new Frame.Progress(random.nextBoolean() ? "searching" : "thinking"));
            }
            if (random.nextInt(6) == 0) {
                writers.add(write(ref, deltas));
                seals(ref);
                outcomes.add(sealed(ref, new TurnError(ErrorCodes.OUTCOME_UNKNOWN, "unknown")));
            } else if (ref.attempt() == 0 && random.nextInt(6) == 0) {
                outcomes.add(new CallOutcome(ref, 0, false, false, null, LOST)); // never opened
            } else {
                List<Object> written = write(ref, deltas);
                writers.add(sentAgain(written));
                strangers(ref, written.size());
                String output = "answer " + ref;
                if (asked.get(call).tool().equals("calculator")) {
                    hostedOutputs.put(output, call);
                }
                outcomes.add(ran(ref, written.size(), output));
            }
        }
        steps.add(stepEnded(step, outcomes.toArray(CallOutcome[]::new)));
    }

    /** Attempts before the one that counts; they may write at any time. Returns the number of the one that counts. */
    private int lostAttempts(int step, int call) {
        int lost = random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0;
        for (int attempt = 0; attempt < lost; attempt++) {
            CallRef ref = ref(step, call, attempt);
            assigned(ref, Stage.LLM);
            List<Frame.Delta> deltas = new ArrayList<>();
            for (int i = 0; i < random.nextInt(6); i++) {
                deltas.add(
                        random.nextInt(3) == 0
                                ? new Frame.ToolCallStart(i, "call_" + ref + i, "calculator")
                                : new Frame.Text("lost " + ref));
            }
            List<Object> written = write(ref, deltas);
            if (written.size() > 2 && random.nextInt(3) == 0) {
                written.remove(1 + random.nextInt(written.size() - 1)); // a hole
            }
            if (random.nextInt(5) > 0) {
                writers.add(written);
            }
            steps.add(new StepEvent.AttemptEnded(Turn.ID, Turn.CONVERSATION, 0, ref, "lost", null, 0, attempt + 1));
        }
        return lost;
    }

    private List<Object> write(CallRef ref, List<Frame.Delta> deltas) {
        String incarnation = "worker-" + ref.attempt();
        List<Object> written = new ArrayList<>(List.of(opened(ref, incarnation)));
        for (int from = 0, index = 1; from < deltas.size(); index++) {
            int to = Math.min(deltas.size(), from + 1 + random.nextInt(3));
            written.add(deltas(ref, incarnation, index, deltas.subList(from, to).toArray(Frame.Delta[]::new)));
            from = to;
        }
        return written;
    }

    /** What the sender writes that doubts some of its frames: those are there twice, or were not there at first. */
    private List<Object> sentAgain(List<Object> written) {
        List<Object> sent = new ArrayList<>(written);
        if (written.size() > 1 && random.nextInt(4) == 0) {
            int from = 1 + random.nextInt(written.size() - 1);
            if (random.nextBoolean()) {
                sent.remove(from);
            }
            sent.addAll(written.subList(from, written.size()));
        }
        return sent;
    }

    /** Another process that believes to own the attempt, but did not open it. */
    private void strangers(CallRef ref, int frames) {
        if (random.nextInt(4) == 0) {
            writers.add(new ArrayList<>(
                    List.of(deltas(ref, "stranger", random.nextInt(frames + 1) + 1, new Frame.Text("strange")))));
        }
    }

    private void seals(CallRef ref) {
        List<Object> seals = new ArrayList<>();
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            seals.add(seal(ref));
        }
        writers.add(seals);
    }

    private void assigned(CallRef ref, Stage stage) {
        steps.add(new StepEvent.CallAssigned(Turn.ID, Turn.CONVERSATION, 0, ref, stage, "w", 0, 0));
    }

    /** One list of all, each in its own order. */
    static List<Object> merge(Random random, List<? extends List<?>> logs) {
        List<Deque<Object>> left = new ArrayList<>();
        logs.forEach(log -> left.add(new ArrayDeque<>(log)));
        List<Object> merged = new ArrayList<>();
        left.removeIf(Deque::isEmpty);
        while (!left.isEmpty()) {
            int next = random.nextInt(left.size());
            // A run of several, or a long log would never be far ahead of another
            for (int run = 1 + random.nextInt(4); run > 0 && !left.get(next).isEmpty(); run--) {
                merged.add(left.get(next).remove());
            }
            left.removeIf(Deque::isEmpty);
        }
        return merged;
    }
}
