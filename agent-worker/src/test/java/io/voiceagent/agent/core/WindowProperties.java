package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Item;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;

class WindowProperties {
    @Provide
    Arbitrary<List<Item>> contexts() {
        Arbitrary<String> text = Arbitraries.strings().all().ofMaxLength(40);
        Arbitrary<String> id = Arbitraries.of("a", "b", "c");
        Arbitrary<Item> message =
                text.flatMap(words -> Arbitraries.of(Item.Role.values()).map(role -> new Item.Message(role, words)));
        Arbitrary<Item> image = text.map(words -> new Item.Message(
                Item.Role.USER,
                words,
                List.of(new Item.Content.Text(words), new Item.Content.Image("https://example.com/a", "auto"))));
        Arbitrary<Item> call = id.map(callId -> new Item.ToolCall(callId, "tool", "{}"));
        Arbitrary<Item> result = id.flatMap(callId -> text.map(out -> new Item.ToolResult(callId, out, false, null)));
        return Arbitraries.frequencyOf(
                        net.jqwik.api.Tuple.of(6, message),
                        net.jqwik.api.Tuple.of(1, image),
                        net.jqwik.api.Tuple.of(2, call),
                        net.jqwik.api.Tuple.of(2, result))
                .list()
                .ofMaxSize(25);
    }

    @Property(tries = 300)
    void whatFitsStaysAsItIs(@ForAll("contexts") List<Item> past) {
        assertThat(Window.fit(past, cost(past))).isEqualTo(past);
    }

    @Property(tries = 300)
    void whatIsKeptFitsOrIsTheLastTurnAlone(
            @ForAll("contexts") List<Item> past, @ForAll @LongRange(min = -10, max = 3_000) long tokens) {
        List<Item> kept = Window.fit(past, tokens);

        assertThat(past).containsSubsequence(kept);
        assertThat(systems(kept)).isEqualTo(systems(past));
        if (cost(kept) > tokens) {
            List<Item> rest = kept.stream().filter(item -> !isSystem(item)).toList();
            assertThat(turns(rest)).isLessThanOrEqualTo(1);
        }
        if (turns(past) > 0) {
            assertThat(kept).contains(lastOfUser(past));
        }
    }

    @Property(tries = 300)
    void noAnswerLosesItsCall(
            @ForAll("contexts") List<Item> past, @ForAll @LongRange(min = 0, max = 2_000) long tokens) {
        List<Item> kept = Window.fit(past, tokens);
        if (kept.equals(past)) {
            return; // as the client sent it
        }
        Set<String> calls = new HashSet<>();
        for (Item item : kept) {
            if (item instanceof Item.ToolCall call) {
                calls.add(call.callId());
            } else if (item instanceof Item.ToolResult result) {
                assertThat(calls).contains(result.callId());
            }
        }
    }

    @Property(tries = 300)
    void moreRoomLosesNothing(
            @ForAll("contexts") List<Item> past,
            @ForAll @LongRange(min = 0, max = 2_000) long tokens,
            @ForAll @LongRange(min = 0, max = 500) long more) {
        assertThat(Window.fit(past, tokens + more)).containsSubsequence(Window.fit(past, tokens));
    }

    @Property
    void aTokenIsAtLeastThreeBytes(@ForAll String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        // Half a surrogate pair, which is no text, is encoded as one byte
        assertThat((Window.tokens(text) - 8) * 3).isGreaterThanOrEqualTo(bytes);
    }

    private static long cost(List<Item> items) {
        return items.stream().mapToLong(Window::tokens).sum();
    }

    private static boolean isSystem(Item item) {
        return item instanceof Item.Message message && message.role() == Item.Role.SYSTEM;
    }

    private static boolean isUser(Item item) {
        return item instanceof Item.Message message && message.role() == Item.Role.USER;
    }

    private static List<Item> systems(List<Item> items) {
        return items.stream().filter(WindowProperties::isSystem).toList();
    }

    private static Item lastOfUser(List<Item> items) {
        return items.reversed().stream()
                .filter(WindowProperties::isUser)
                .findFirst()
                .orElseThrow();
    }

    private static int turns(List<Item> items) {
        int turns = 0;
        for (int i = 0; i < items.size(); i++) {
            if (isUser(items.get(i)) && (i == 0 || !isUser(items.get(i - 1)))) {
                turns++;
            }
        }
        return turns;
    }
}
