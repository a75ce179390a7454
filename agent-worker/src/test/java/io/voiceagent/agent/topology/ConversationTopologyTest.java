package io.voiceagent.agent.topology;

import static io.voiceagent.agent.topology.Fixtures.answer;
import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.agent.core.ConversationRules;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Concurrency;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ItemPlace;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Turns of a conversation object: one at a time, each after the one before it. */
class ConversationTopologyTest extends TopologyHarness {
    private static final Item HELLO = new Item.Message(Item.Role.USER, "I am Ada.");

    @Test
    void aTurnGoesOnFromTheLineOfItsConversation() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of(HELLO));
        turn(conversation, "first", null);
        complete(Stage.LLM, assigned(), answer("one"));
        calls(Stage.LLM);
        turn(conversation, "second", null);

        assertThat(texts()).containsExactly("I am Ada.", "first", "one", "second");
    }

    @Test
    void aTurnWaitsForTheOneThatRunsAndThenGoesOnFromIt() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        turn(conversation, "first", null);
        StepEvent.CallAssigned running = assigned();
        newSteps();
        String second = turn(conversation, "second", Concurrency.ENQUEUE);
        String third = turn(conversation, "third", null);
        assertThat(newSteps()).containsExactly("Accepted", "Accepted");
        assertThat(last(StepEvent.Accepted.class).position()).isEqualTo(2);
        calls(Stage.LLM);

        complete(Stage.LLM, running, answer("one"));
        assertThat(newSteps()).containsExactly("StepEnded", "Ended", "Started", "StepStarted", "CallAssigned", "Moved");
        assertThat(last(StepEvent.Started.class).responseId()).isEqualTo(second);
        assertThat(last(StepEvent.Moved.class).responseId()).isEqualTo(third);
        assertThat(last(StepEvent.Moved.class).position()).isEqualTo(1);
        assertThat(texts()).containsExactly("first", "one", "second");
    }

    @Test
    void aTurnThatDoesNotWaitIsRefused() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        turn(conversation, "first", Concurrency.REJECT);
        newSteps();
        turn(conversation, "second", Concurrency.REJECT);
        assertThat(newSteps()).containsExactly("Refused");
        assertThat(last(StepEvent.Refused.class).error().code()).isEqualTo(ErrorCodes.CONVERSATION_LOCKED);
    }

    @Test
    void aTurnThatInterruptsGoesBeforeThoseThatWait() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        String first = turn(conversation, "first", null);
        StepEvent.CallAssigned running = assigned();
        String second = turn(conversation, "second", null);
        newSteps();
        calls(Stage.LLM);

        String third = turn(conversation, "third", Concurrency.INTERRUPT);
        assertThat(newSteps()).containsExactly("Accepted", "Moved", "StopRequested");
        assertThat(last(StepEvent.Moved.class).responseId()).isEqualTo(second);
        assertThat(calls(Stage.LLM)).singleElement().isInstanceOf(Call.Stop.class);

        send(
                Stage.LLM,
                new CallResult.Stopped(running.ref(), running.conversation(), running.owner(), 2, answer("half")));
        read();
        assertThat(steps)
                .filteredOn(StepEvent.Ended.class::isInstance)
                .extracting(StepEvent::responseId)
                .containsExactly(first);
        assertThat(last(StepEvent.Ended.class).status()).isEqualTo(StepEvent.Status.CANCELLED);
        assertThat(last(StepEvent.Started.class).responseId()).isEqualTo(third);
        assertThat(texts()).containsExactly("first", "half", "third");
    }

    @Test
    void theDeadlineRunsWhileATurnWaits() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        turn(conversation, "first", null);
        pass(TURN_MILLIS / 2);
        String second = turn(conversation, "second", null);
        String third = turn(conversation, "third", null);
        send(new Request.Cancel(second, last(StepEvent.Accepted.class).conversation(), "tenant"));
        assertThat(last(StepEvent.Ended.class).responseId()).isEqualTo(second);
        assertThat(last(StepEvent.Ended.class).status()).isEqualTo(StepEvent.Status.CANCELLED);
        assertThat(last(StepEvent.Moved.class).responseId()).isEqualTo(third);
    }

    @Test
    void aTurnThatWaitsTooLongFailsAndTheNextOneIsNotLost() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        turn(conversation, "first", null);
        StepEvent.CallAssigned running = assigned();
        Request.Submit hasty = request(spec(conversation, "hasty", null), key(conversation));
        send(new Request.Submit(
                hasty.responseId(), hasty.conversation(), hasty.tenant(), now, now + 1_000, hasty.spec()));
        String third = turn(conversation, "third", null);
        pass(2_000);
        assertThat(last(StepEvent.Ended.class).responseId()).isEqualTo(hasty.responseId());
        assertThat(last(StepEvent.Ended.class).error().code()).isEqualTo(ErrorCodes.DEADLINE);

        complete(Stage.LLM, running, answer("one"));
        assertThat(last(StepEvent.Started.class).responseId()).isEqualTo(third);
    }

    @Test
    void aFailedTurnIsInNobodysWay() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        turn(conversation, "first", null);
        StepEvent.CallAssigned call = assigned();
        send(
                Stage.LLM,
                new CallResult.Failed(
                        call.ref(),
                        call.conversation(),
                        call.owner(),
                        1,
                        new io.voiceagent.messages.TurnError(ErrorCodes.INVALID_REQUEST, "no"),
                        false,
                        0));
        calls(Stage.LLM);
        turn(conversation, "second", null);
        assertThat(texts()).containsExactly("second");
    }

    @Test
    void noMoreTurnsWaitThanMay() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        for (int i = 0; i <= ConversationRules.MAX_QUEUE; i++) {
            turn(conversation, "turn " + i, null);
        }
        newSteps();
        turn(conversation, "one more", null);
        assertThat(newSteps()).containsExactly("Refused");
        assertThat(last(StepEvent.Refused.class).error().code()).isEqualTo(ErrorCodes.CONVERSATION_QUEUE_FULL);
    }

    @Test
    void aDeletedConversationStopsItsTurnsAndIsNotFound() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        turn(conversation, "first", null);
        String second = turn(conversation, "second", null);
        newSteps();
        send(new Request.DeleteConversation(op(conversation), key(conversation), "tenant", conversation));
        assertThat(newSteps()).containsExactly("ConversationDeleted", "Ended", "StopRequested");
        assertThat(last(StepEvent.Ended.class).responseId()).isEqualTo(second);

        turn(conversation, "third", null);
        send(read(conversation, 10));
        assertThat(newSteps()).containsExactly("Refused", "Refused");
        assertThat(last(StepEvent.Refused.class).error().code()).isEqualTo(ErrorCodes.CONVERSATION_NOT_FOUND);
    }

    @Test
    void anotherTenantFindsNoConversation() {
        String conversation = create(List.of(HELLO));
        newSteps();
        send(new Request.ReadConversation(op(conversation), key(conversation), "other", conversation, null, true, 10));
        send(new Request.DeleteConversation(op(conversation), key(conversation), "other", conversation));
        assertThat(newSteps()).containsExactly("Refused", "Refused");
    }

    @Test
    void whatWasAddedRemovedAndSaidIsRead() {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of(HELLO, new Item.Message(Item.Role.USER, "I am forty.")));
        String node = last(StepEvent.ItemsAdded.class).responseId();
        String first = turn(conversation, "first", null);
        send(new Request.AddItems(op(conversation), key(conversation), "tenant", conversation, List.of(HELLO)));
        assertThat(last(StepEvent.Refused.class).error().code()).isEqualTo(ErrorCodes.CONVERSATION_LOCKED);
        complete(Stage.LLM, assigned(), answer("one"));
        send(new Request.RemoveItem(
                op(conversation),
                key(conversation),
                "tenant",
                conversation,
                new ItemPlace("msg_x", node, ItemPlace.Part.INPUT, 1)));
        send(new Request.UpdateConversation(
                op(conversation), key(conversation), "tenant", conversation, Map.of("a", "b")));

        send(read(conversation, 10));
        StepEvent.ConversationRead read = last(StepEvent.ConversationRead.class);
        assertThat(read.metadata()).containsExactly(Map.entry("a", "b"));
        assertThat(read.removed()).containsExactly("msg_x");
        assertThat(read.nodes()).extracting(StepEvent.Node::id).containsExactly(node, first);
        assertThat(read.nodes()).extracting(StepEvent.Node::turn).containsExactly(false, true);
        assertThat(read.more()).isFalse();
        send(read(conversation, 1));
        assertThat(last(StepEvent.ConversationRead.class).more()).isTrue();

        calls(Stage.LLM);
        turn(conversation, "second", null);
        assertThat(texts()).containsExactly("I am Ada.", "first", "one", "second");
    }

    @ParameterizedTest
    @EnumSource(Concurrency.class)
    void anOutputWithoutItsCallIsRefusedOrFails(Concurrency concurrency) {
        announce(Stage.LLM, "w1");
        String conversation = create(List.of());
        ResponseSpec orphan = spec(conversation, "x", concurrency).toBuilder()
                .input(List.of(new Item.ToolResult("nobody", "42", false, null)))
                .build();
        send(request(orphan, key(conversation)));
        assertThat(last(StepEvent.Refused.class).error().code()).isEqualTo(ErrorCodes.INVALID_REQUEST);

        turn(conversation, "first", null);
        StepEvent.CallAssigned running = assigned();
        Request.Submit waits = request(orphan.toBuilder().concurrency(null).build(), key(conversation));
        send(waits);
        complete(Stage.LLM, running, answer("one"));
        assertThat(last(StepEvent.Ended.class).responseId()).isEqualTo(waits.responseId());
        assertThat(last(StepEvent.Ended.class).error().code()).isEqualTo(ErrorCodes.INVALID_REQUEST);
    }

    private String create(List<Item> items) {
        String key = ResponseId.conversation(0, 77);
        String conversation = "conv_" + id(key).substring(ResponseId.PREFIX.length());
        send(new Request.CreateConversation(id(key), key, "tenant", conversation, Map.of(), items));
        assertThat(last(StepEvent.ConversationCreated.class).conversationId()).isEqualTo(conversation);
        return conversation;
    }

    private String turn(String conversation, String text, Concurrency concurrency) {
        Request.Submit submit = request(spec(conversation, text, concurrency), key(conversation));
        send(submit);
        return submit.responseId();
    }

    private static ResponseSpec spec(String conversation, String text, Concurrency concurrency) {
        return spec(text).toBuilder()
                .conversationId(conversation)
                .concurrency(concurrency)
                .build();
    }

    private Request read(String conversation, int nodes) {
        return new Request.ReadConversation(
                op(conversation), key(conversation), "tenant", conversation, null, true, nodes);
    }

    private String op(String conversation) {
        return id(key(conversation));
    }

    private String id(String key) {
        return request(spec(null), key).responseId();
    }

    private static String key(String conversation) {
        return io.voiceagent.messages.ConversationId.parse(conversation).conversation();
    }

    /** What the model is told in the last call. */
    private List<String> texts() {
        return calls(Stage.LLM).stream()
                .filter(Call.Model.class::isInstance)
                .map(Call.Model.class::cast)
                .toList()
                .getLast()
                .request()
                .messages()
                .stream()
                .map(item -> ((Item.Message) item).text())
                .toList();
    }
}
