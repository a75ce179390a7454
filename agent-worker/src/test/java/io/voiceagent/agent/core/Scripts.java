package io.voiceagent.agent.core;

import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.TurnError;
import io.voiceagent.transport.stage.Outcome;
import io.voiceagent.transport.stage.WorkerRules.Break;
import java.util.ArrayList;
import java.util.List;

/** What models and tools do. Each word of a model names the attempt that said it, so that a doubled or mixed text shows. */
final class Scripts {
    private final World world;
    private final Weather weather;

    Scripts(World world, Weather weather) {
        this.world = world;
        this.weather = weather;
    }

    /** What every word of that attempt begins with. */
    static String voice(CallRef ref) {
        return ref.step() + "." + ref.attempt() + ":";
    }

    List<Act> of(Call call) {
        return switch (call) {
            case Call.Model model -> model(model);
            case Call.Tool tool -> tool(tool);
            case Call.Stop _ -> throw new IllegalArgumentException("a stop is not run");
        };
    }

    private List<Act> model(Call.Model call) {
        List<Frame.Delta> deltas = deltas(call);
        boolean asks = deltas.stream().anyMatch(Frame.ToolCallStart.class::isInstance);
        boolean slow = world.chance(0.15);
        List<Act> acts = new ArrayList<>();
        for (int i = 0; i < deltas.size(); ) {
            int end = Math.min(deltas.size(), i + world.between(1, 4));
            int wait = i == 0 ? world.between(30, 400) : slow ? world.between(200, 2_500) : world.between(5, 60);
            acts.add(new Act.Say(wait, deltas.subList(i, end)));
            i = end;
        }
        spoil(acts);
        Finish finish = finish(asks);
        boolean wrong = finish == Finish.STOP && world.chance(0.12);
        acts.add(new Act.EndAnswer(world.between(1, 30), finish, wrong ? List.of("wrong " + call.ref()) : List.of()));
        return acts;
    }

    private Finish finish(boolean asks) {
        if (asks) {
            return Finish.TOOL_CALLS;
        }
        return world.chance(0.05) ? Finish.LENGTH : world.chance(0.03) ? Finish.CONTENT_FILTER : Finish.STOP;
    }

    private List<Frame.Delta> deltas(Call.Model call) {
        ModelRequest request = call.request();
        ToolChoice.Mode mode = request.toolChoice().mode();
        boolean must = mode == ToolChoice.Mode.REQUIRED || mode == ToolChoice.Mode.TOOL;
        boolean may = !request.tools().isEmpty() && mode != ToolChoice.Mode.NONE;
        boolean asks = must || (may && world.chance(answers(request) < 3 ? 0.6 : 0.2));
        List<Frame.Delta> deltas = new ArrayList<>();
        String voice = voice(call.ref());
        if (world.chance(0.25)) {
            words(deltas, voice, world.between(1, 4), true);
        }
        if (!asks || world.chance(0.4)) {
            words(deltas, voice, world.between(1, 12), false);
        }
        if (asks) {
            int calls = request.parallelToolCalls() ? world.between(1, 3) : 1;
            for (int i = 0; i < calls; i++) {
                deltas.add(new Frame.ToolCallStart(i, "call_" + call.ref().step() + "_" + i, name(request)));
                deltas.add(new Frame.ToolCallArguments(i, "{\"query\":"));
                deltas.add(new Frame.ToolCallArguments(i, "\"" + voice + i + "\"}"));
            }
            if (world.chance(0.1)) {
                words(deltas, voice, 2, false);
            }
        }
        return deltas;
    }

    private static long answers(ModelRequest request) {
        return request.messages().stream()
                .filter(Item.ToolResult.class::isInstance)
                .count();
    }

    private void words(List<Frame.Delta> deltas, String voice, int count, boolean thought) {
        int from = deltas.size();
        for (int i = 0; i < count; i++) {
            String word = voice + (from + i) + " ";
            deltas.add(thought ? new Frame.ReasoningText(word) : new Frame.Text(word));
        }
    }

    private String name(ModelRequest request) {
        if (request.toolChoice().name() != null) {
            return request.toolChoice().name();
        }
        return world.chance(0.04) ? "nonsense" : world.oneOf(request.tools()).name();
    }

    private List<Act> tool(Call.Tool call) {
        boolean once = call.tool().equals(Fixtures.ONCE.name());
        List<Act> acts = new ArrayList<>();
        if (world.chance(0.5)) {
            acts.add(new Act.Say(world.between(1, 100), List.of(new Frame.Progress("searching"))));
        }
        if (world.chance(weather.attemptFails())) {
            acts.add(new Act.End(world.between(1, 100), failed(world.chance(0.7))));
            return acts;
        }
        int preparation = world.chance(0.15) ? world.between(1_000, 6_000) : world.between(1, 200);
        acts.add(new Act.HaveEffect(preparation, once));
        if (world.chance(0.3)) {
            acts.add(new Act.Say(world.between(1, 300), List.of(new Frame.Progress("reading"))));
        }
        if (world.chance(weather.attemptFails() / 2)) {
            acts.add(new Act.BreakOff(world.between(1, 300), Break.DEFECT));
            return acts;
        }
        if (world.chance(weather.hangs())) {
            acts.add(new Act.Hang(1));
            return acts;
        }
        int work = world.chance(0.15) ? world.between(2_000, 9_000) : world.between(10, 800);
        TurnError error = world.chance(0.1) ? new TurnError(ErrorCodes.TOOL_FAILED, "it says no") : null;
        acts.add(new Act.End(work, new Outcome.Completed(new CallOutput.Tool(answer(call.ref()), error))));
        return acts;
    }

    /** The answer that an attempt at a tool gives. */
    static String answer(CallRef ref) {
        return "answer of " + ref;
    }

    private Outcome.Failed failed(boolean retryable) {
        return new Outcome.Failed(
                new TurnError(ErrorCodes.TOOL_FAILED, "broke"), retryable, world.chance(0.2) ? 1_500 : 0);
    }

    /** Lets an answer fail or hang somewhere. */
    private void spoil(List<Act> acts) {
        int at = world.between(0, acts.size());
        if (world.chance(weather.attemptFails())) {
            acts.subList(at, acts.size()).clear();
            acts.add(new Act.End(world.between(1, 500), failed(world.chance(0.85))));
        } else if (world.chance(weather.hangs())) {
            acts.subList(at, acts.size()).clear();
            acts.add(new Act.Hang(1));
        }
    }

    /** The tools of the catalogue; a later version has another hash. */
    static ToolDescription version(ToolDescription tool, int version) {
        return new ToolDescription(
                tool.name(),
                tool.server(),
                tool.kind(),
                tool.description(),
                tool.parameters(),
                tool.idempotent(),
                tool.timeoutMillis(),
                tool.maxResultChars(),
                tool.hash() + "-" + version);
    }
}
