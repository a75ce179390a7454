package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent.Accepted;
import io.voiceagent.messages.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a turn has cost, and what its next model call may. A call is made only when its estimated input and {@link #LEAST_TOKENS} of output fit
 * in what is left, and its output is bounded by what is left. So a turn goes beyond its limit by no more than its estimate was wrong: the input
 * of a later call is taken from what the call before used; that of a first one from the turn's own text, without the turns before it.
 *
 * <p>Amounts are picodollars, see {@link Price}.
 */
final class Spending {
    /** A call that may say less than this is not made. */
    static final int LEAST_TOKENS = 16;

    private Spending() {}

    /** What the turn has cost so far; null when nobody knows the price. */
    static @Nullable Long cost(Turn.Open turn) {
        ResponseSpec.Spend spend = turn.accepted().spec().spend();
        return spend == null || spend.price() == null ? null : spend.price().of(turn.usage());
    }

    /** How many tokens of output the next model call may bring for the money that is left; null when there is no limit. */
    static @Nullable Integer tokensLeft(Turn.Open turn) {
        return tokensLeft(turn.accepted(), turn.steps());
    }

    /** Whether there is not enough left for another model call. */
    static boolean exhausted(Turn.Open turn) {
        Integer left = tokensLeft(turn);
        return left != null && left < LEAST_TOKENS;
    }

    /** Whether it was the money that bounded the turn's last model call, rather than the client's bound of tokens. */
    static boolean boundLastAnswer(Turn.Open turn) {
        List<Turn.ClosedStep> before = turn.steps().subList(0, turn.steps().size() - 1);
        Integer byMoney = tokensLeft(turn.accepted(), before);
        Integer bound = turn.accepted().spec().maxOutputTokens();
        return byMoney != null
                && (bound == null || byMoney < bound - usage(before).outputTokens());
    }

    private static @Nullable Integer tokensLeft(Accepted accepted, List<Turn.ClosedStep> steps) {
        ResponseSpec.Spend spend = accepted.spec().spend();
        if (spend == null || spend.price() == null || spend.limit() == null) {
            return null;
        }
        Price price = spend.price();
        long left = spend.limit() - price.of(usage(steps)) - price.ofInput(nextInput(accepted.spec(), steps));
        if (left < 0) {
            return 0;
        }
        return price.output() == 0 ? null : (int) Math.min(Integer.MAX_VALUE, left / price.output());
    }

    private static Usage usage(List<Turn.ClosedStep> steps) {
        return steps.stream()
                .flatMap(step -> step.outcomes().stream())
                .map(outcome -> outcome.output() instanceof CallOutput.Model model ? model.usage() : Usage.NONE)
                .reduce(Usage.NONE, Usage::plus);
    }

    /** About how many tokens of input the next model call has, or the one that runs. */
    static long nextInput(Turn.Open turn) {
        return nextInput(turn.accepted().spec(), turn.steps());
    }

    private static long nextInput(ResponseSpec spec, List<Turn.ClosedStep> steps) {
        long tokens = spec.instructions() == null ? 0 : Window.tokens(spec.instructions());
        tokens += spec.input().stream().mapToLong(Window::tokens).sum();
        for (Turn.ClosedStep step : steps) {
            for (var outcome : step.outcomes()) {
                if (outcome.output() instanceof CallOutput.Model model) {
                    tokens = model.usage().inputTokens() + model.usage().outputTokens();
                } else if (outcome.output() instanceof CallOutput.Tool tool) {
                    tokens += Window.tokens(tool.output());
                }
            }
        }
        return tokens;
    }
}
