package io.voiceagent.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SseParserTest {

    private static final String STREAM =
            ": hello\nretry: 5\n\nid: 1\nevent: response.created\ndata: {\"ä\":\"€😀\"}\n\n"
                    + "data:one\r\ndata: two\r\n\r\nevent: empty\n\ndata: [DONE]\n\n";
    private static final List<SseParser.Event> EVENTS = List.of(
            new SseParser.Event("response.created", "{\"ä\":\"€😀\"}"),
            new SseParser.Event("", "one\ntwo"),
            new SseParser.Event("", "[DONE]"));

    @Test
    void readsEventsAndPassesOverTheRest() {
        assertThat(parse(STREAM.getBytes(StandardCharsets.UTF_8).length)).isEqualTo(EVENTS);
    }

    @Property
    void theNetworksCutsDoNotMatter(@ForAll @Size(min = 1, max = 20) List<@IntRange(min = 1, max = 30) Integer> sizes) {
        assertThat(parse(sizes.stream().mapToInt(Integer::intValue).toArray())).isEqualTo(EVENTS);
    }

    /** Feeds the stream in pieces of these sizes, over and over. */
    private static List<SseParser.Event> parse(int... sizes) {
        List<SseParser.Event> events = new ArrayList<>();
        SseParser parser = new SseParser(events::add);
        byte[] bytes = STREAM.getBytes(StandardCharsets.UTF_8);
        for (int from = 0, i = 0; from < bytes.length; i++) {
            int to = Math.min(bytes.length, from + sizes[i % sizes.length]);
            parser.accept(Arrays.copyOfRange(bytes, from, to));
            from = to;
        }
        return events;
    }
}
