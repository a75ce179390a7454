package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.agent.core.ConversationRules.Admission;
import io.voiceagent.messages.Concurrency;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ItemPlace;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Usage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The rules of a conversation by themselves, with whatever comes in whatever order. */
class ConversationProperties {
    private static final String ID = "conv_1";
    private static final String TENANT = "tenant";

    /** Plays the processor: each due is followed until nothing is due. */
    private static final class Played {
        private Conversation now =
                Conversation.begin(new StepEvent.ConversationCreated("op", "key", 0, ID, TENANT, Map.of()));
        private final List<String> begun = new ArrayList<>();
        private final Set<String> open = new HashSet<>();
        private final Set<String> cancelled = new HashSet<>();

        void submit(String id, Concurrency concurrency) {
            switch (ConversationRules.admit(now, TENANT, concurrency)) {
                case Admission.Run run -> {
                    assertThat(run.parent()).isEqualTo(now.head());
                    open.add(id);
                    begun.add(id);
                    take(accepted(id, concurrency, run.parent(), null));
                }
                case Admission.Wait wait -> {
                    assertThat(concurrency).isNotEqualTo(Concurrency.REJECT);
                    open.add(id);
                    take(accepted(id, concurrency, null, wait.position()));
                }
                case Admission.Refuse _ -> assertThat(now.busy()).isTrue();
            }
        }

        void end(String id) {
            if (open.remove(id)) {
                take(new StepEvent.Ended(id, "key", 0, StepEvent.Status.COMPLETED, null, null, Usage.NONE));
            }
        }

        private void take(StepEvent event) {
            ConversationRules.Followed followed = ConversationRules.follow(now, List.of(event));
            now = followed.after();
            for (Watch.Due due : followed.dues()) {
                switch (due.input()) {
                    case Input.Begin begin -> {
                        assertThat(begin.parent()).isEqualTo(now.head());
                        begun.add(due.responseId());
                        take(new StepEvent.Started(due.responseId(), "key", 0, begin.parent()));
                    }
                    case Input.Interrupt _ -> {
                        cancelled.add(due.responseId());
                        end(due.responseId());
                    }
                    case Input.Move move ->
                        assertThat(now.position(due.responseId())).isEqualTo(move.position());
                    default -> throw new AssertionError(due);
                }
            }
            assertThat(now.running() != null || now.queue().isEmpty()).isTrue();
        }

        private static StepEvent accepted(String id, Concurrency concurrency, String parent, Integer position) {
            return new StepEvent.Accepted(
                    id,
                    "key",
                    TENANT,
                    0,
                    0,
                    1,
                    1,
                    ResponseSpec.builder("m", "hello")
                            .conversationId(ID)
                            .concurrency(concurrency)
                            .build(),
                    List.of(),
                    null,
                    parent,
                    position);
        }
    }

    @Property(tries = 300)
    void oneTurnRunsAndNoneIsLost(@ForAll @Size(max = 60) List<@IntRange(max = 5) Integer> acts) {
        Played line = new Played();
        int number = 0;
        for (int act : acts) {
            switch (act) {
                case 0, 1 -> line.submit("enqueues-" + number++, Concurrency.ENQUEUE);
                case 2 -> line.submit("rejects-" + number++, Concurrency.REJECT);
                case 3 -> line.submit("interrupts-" + number++, Concurrency.INTERRUPT);
                case 4 -> {
                    if (line.now.running() != null) {
                        line.end(line.now.running());
                    }
                }
                default -> {
                    if (!line.now.queue().isEmpty()) {
                        line.end(line.now.queue().getLast().responseId());
                    }
                }
            }
            assertThat(line.now.queue()).hasSizeLessThanOrEqualTo(ConversationRules.MAX_QUEUE);
        }
        while (line.now.running() != null) {
            line.end(line.now.running());
        }
        assertThat(line.open).isEmpty();
        assertThat(line.begun).doesNotHaveDuplicates();
        assertThat(line.begun.stream().filter(id -> id.startsWith("enqueues")).toList())
                .as("those that wait keep their order")
                .isSortedAccordingTo(Comparator.comparingInt(ConversationProperties::number));
        assertThat(line.now.length()).isEqualTo(line.begun.size());
    }

    private static int number(String id) {
        return Integer.parseInt(id.substring(id.indexOf('-') + 1));
    }

    @Property(tries = 300)
    void whatIsRemovedIsNotToldAndNoResultStaysWithoutItsCall(
            @ForAll @Size(max = 6) List<@IntRange(max = 3) Integer> removedInput,
            @ForAll @Size(max = 3) List<@IntRange(max = 1) Integer> removedCalls) {
        Turn.Over node = new Turn.Over(
                "r1",
                TENANT,
                null,
                List.of(message("0"), message("1"), message("2"), message("3")),
                List.of(
                        new Item.ToolCall("a", "t", "{}"),
                        new Item.ToolCall("b", "t", "{}"),
                        new Item.ToolResult("a", "1", false, "t"),
                        new Item.ToolResult("b", "2", false, "t")),
                StepEvent.Status.COMPLETED,
                0);
        List<ItemPlace> removed = new ArrayList<>();
        removedInput.forEach(n -> removed.add(new ItemPlace("x", "r1", ItemPlace.Part.INPUT, n)));
        removedCalls.forEach(n -> removed.add(new ItemPlace("x", "r1", ItemPlace.Part.CALL, n)));
        removed.add(new ItemPlace("x", "another", ItemPlace.Part.INPUT, 0));

        Turn.Over left = Line.without(List.of(node), removed).getFirst();
        assertThat(left.input()).hasSize(4 - new HashSet<>(removedInput).size());
        assertThat(left.output()).hasSize(4 - 2 * new HashSet<>(removedCalls).size());
    }

    private static Item message(String text) {
        return new Item.Message(Item.Role.USER, text);
    }
}
