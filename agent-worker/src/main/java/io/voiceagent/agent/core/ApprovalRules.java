package io.voiceagent.agent.core;

import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Sha256;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.TurnError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Calls that wait for the client. A turn whose model asks for one ends, and keeps it as an {@link ApprovalRequest}. A later turn of the
 * branch that brings the answer uses the request up when it begins: of two turns that answer one request the second fails, however the
 * requests came in, since both are decided one after the other in one partition.
 */
public final class ApprovalRules {
    /** Endpoints take ids of 40 characters at most. */
    private static final int CALL_ID_BYTES = 12;

    private ApprovalRules() {}

    /** What the answers in a turn's input come to. */
    sealed interface Verdict {
        /** They hold; {@code approved} is run first. */
        record Fit(List<PlannedTool> approved) implements Verdict {}

        /** One of them does not, so none of them is used up. */
        record Unfit(TurnError error) implements Verdict {}
    }

    /**
     * The requests that {@code input} answers, as the branch knows them.
     *
     * @param branch the turns before, in any order
     */
    public static List<ApprovalRequest> answered(List<Item> input, List<Turn.Over> branch) {
        return answers(input).stream()
                .flatMap(answer -> branch.stream()
                        .flatMap(over -> over.approvals().stream())
                        .filter(request -> request.id().equals(answer.requestId())))
                .toList();
    }

    /**
     * Judges the answers of a turn that begins. Ages are taken between the times of the end and of the submission, so that the verdict is the
     * same however long the log waited to be read.
     *
     * @param requests see {@link #answered}
     * @param life how long a request waits for its answer, milliseconds
     */
    static Verdict judge(Turn.Open turn, List<ApprovalRequest> requests, long life, Guards guards) {
        List<PlannedTool> approved = new ArrayList<>();
        Set<String> answered = new HashSet<>();
        for (Item.ApprovalAnswer answer : answers(turn.accepted().spec().input())) {
            ApprovalRequest request = requests.stream()
                    .filter(each -> each.id().equals(answer.requestId()))
                    .findFirst()
                    .orElse(null);
            if (request == null) {
                return unfit(ErrorCodes.APPROVAL_NOT_FOUND, "No turn of the branch has asked for this approval.");
            }
            if (!answered.add(request.id()) || guards.hold(Guard.ANSWERED_ONCE) && request.answeredBy() != null) {
                return unfit(ErrorCodes.APPROVAL_ANSWERED, "The approval request has an answer already.");
            }
            if (turn.accepted().submittedAt() - request.askedAt() >= life) {
                return unfit(ErrorCodes.APPROVAL_EXPIRED, "The approval request was not answered in time.");
            }
            if (answer.approve()) {
                if (Prompt.description(turn, request.tool()) == null) {
                    return unfit(
                            ErrorCodes.TOOL_NOT_AVAILABLE,
                            "The turn may not use the tool that it approves a call of: its tools must have it.");
                }
                approved.add(new PlannedTool(callId(request), request.tool(), request.arguments(), request.id()));
            }
        }
        return new Verdict.Fit(approved);
    }

    /** Requests that the turn leaves to the client when it ends as it should: the last answer's calls that wait. */
    static List<ApprovalRequest> open(Turn.Open turn, long at) {
        List<ApprovalRequest> open = new ArrayList<>();
        CallOutput.Model answer = lastAnswer(turn);
        if (answer != null) {
            for (Item.ToolCall call : Prompt.toApprove(answer, turn)) {
                open.add(new ApprovalRequest(
                        Approvals.requestId(turn.responseId(), open.size()),
                        call.callId(),
                        call.name(),
                        call.arguments(),
                        at,
                        null));
            }
        }
        return open;
    }

    /** The model's last answer that counts, null when there is none. */
    static CallOutput.@Nullable Model lastAnswer(Turn.Open turn) {
        return turn.steps().reversed().stream()
                .filter(step -> step.kind() == StepKind.MODEL)
                .findFirst()
                .map(step -> step.outcomes().getFirst().output())
                .filter(CallOutput.Model.class::isInstance)
                .map(CallOutput.Model.class::cast)
                .orElse(null);
    }

    /** What the model is told of an input: a call that was declined with its answer, and of one that was approved nothing, since it runs. */
    static List<Item> told(List<Item> input, List<Turn.Over> before) {
        List<Item> told = new ArrayList<>();
        for (Item item : input) {
            if (!(item instanceof Item.ApprovalAnswer answer)) {
                told.add(item);
            } else if (!answer.approve()) {
                answered(List.of(answer), before).forEach(request -> {
                    String callId = callId(request);
                    told.add(new Item.ToolCall(callId, request.tool(), request.arguments()));
                    told.add(new Item.ToolResult(callId, declined(answer), true, request.tool()));
                });
            }
        }
        return told;
    }

    /** The ids of the requests that {@code input} answers. */
    static List<String> ids(List<Item> input) {
        return answers(input).stream().map(Item.ApprovalAnswer::requestId).toList();
    }

    private static String declined(Item.ApprovalAnswer answer) {
        return answer.reason() == null
                ? "The user declined this call; it was not run."
                : "The user declined this call; it was not run. Reason: " + answer.reason();
    }

    /** The model's own id is unique within the turn that asked, and may be another call's in this one. */
    static String callId(ApprovalRequest request) {
        return "call_" + HexFormat.of().formatHex(Sha256.of(request.id()), 0, CALL_ID_BYTES);
    }

    private static List<Item.ApprovalAnswer> answers(List<Item> input) {
        return input.stream()
                .filter(Item.ApprovalAnswer.class::isInstance)
                .map(Item.ApprovalAnswer.class::cast)
                .toList();
    }

    private static Verdict unfit(String code, String message) {
        return new Verdict.Unfit(new TurnError(code, message));
    }
}
