package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

class InputItemsProperties {
    private static final String ID = "resp_" + "0a".repeat(24);

    @Property(tries = 200)
    void allPagesTogetherAreTheInput(
            @ForAll @IntRange(min = 1, max = 60) int size,
            @ForAll @IntRange(min = 1, max = 25) int limit,
            @ForAll boolean ascending) {
        List<Item> input =
                IntStream.range(0, size).mapToObj(InputItemsProperties::item).toList();
        List<String> expected = new ArrayList<>(Json.tree(new InputItems(size, true, null).page(ID, input))
                .path("data")
                .valueStream()
                .map(JsonNode::toString)
                .toList());
        assertThat(expected).hasSize(size).doesNotHaveDuplicates();
        if (!ascending) {
            Collections.reverse(expected);
        }

        List<String> found = new ArrayList<>();
        @Nullable String after = null;
        boolean more = true;
        while (more) {
            JsonNode page = Json.tree(new InputItems(limit, ascending, after).page(ID, input));
            page.path("data").forEach(item -> found.add(item.toString()));
            more = page.path("has_more").booleanValue();
            after = page.path("last_id").stringValue();
            assertThat(page.path("data").size()).isBetween(1, limit);
        }

        assertThat(found).isEqualTo(expected);
    }

    @Property(tries = 20)
    void afterMustBeThere(@ForAll @IntRange(min = 1, max = 9) int size) {
        List<Item> input =
                IntStream.range(0, size).mapToObj(InputItemsProperties::item).toList();
        assertThatThrownBy(() -> new InputItems(5, true, "msg_none").page(ID, input))
                .isInstanceOf(Refusal.class);
    }

    private static Item item(int i) {
        return switch (i % 4) {
            case 0 -> new Item.Message(Item.Role.USER, "text " + i);
            case 1 -> new Item.Reasoning("thought " + i);
            case 2 -> new Item.ToolCall("c" + i, "f", "{}");
            default -> new Item.ToolResult("c" + (i - 1), "result", false, "f");
        };
    }
}
