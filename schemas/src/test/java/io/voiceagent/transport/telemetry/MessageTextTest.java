package io.voiceagent.transport.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What spans may say of what was said: always whole JSON, bounded, without secrets of a known form. */
class MessageTextTest {
    private static final String SECRET = "zzSECRETzz";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer " + SECRET,
                "authorization: basic " + SECRET + "==",
                "my password is " + SECRET,
                "{\"api_key\":\"" + SECRET + "\"}",
                "token=" + SECRET + "&x=1",
                "use sk-proj-" + SECRET + "1234567890 please",
                "va-" + SECRET,
                "eyJhbGciOiJ" + SECRET + ".eyJzdWIi.sig",
                "write to " + SECRET + "@example.org",
                "hash 0123456789abcdef0123456789abcdef" + SECRET,
            })
    void secretsAreTakenOut(String text) {
        assertThat(Redaction.of(text)).doesNotContain(SECRET);
    }

    @Test
    void longNumbersAreTakenOutAndShortOnesStay() {
        assertThat(Redaction.of("card 4111 1111 1111 1111, call +49 (30) 123456-78"))
                .isEqualTo("card [number], call [number]");
        assertThat(Redaction.of("What is 17 * 23 in 2026?")).isEqualTo("What is 17 * 23 in 2026?");
    }

    @Test
    void theLatestMessagesStayWhole() {
        List<Item> items = List.of(
                new Item.Message(Item.Role.SYSTEM, "s".repeat(5_000).replace("ssss", "sss ")),
                new Item.Message(Item.Role.USER, "a b ".repeat(1_000)),
                new Item.ToolCall("c1", "f", "{}"),
                new Item.ToolResult("c1", "x y ".repeat(2_000), false, "f"),
                new Item.Message(Item.Role.USER, "the end"));
        JsonNode messages = Json.mapper().readTree(MessageText.json(items, null));
        assertThat(messages.get(messages.size() - 1).at("/parts/0/content").stringValue())
                .isEqualTo("the end");
        assertThat(messages.get(messages.size() - 2).path("role").stringValue()).isEqualTo("tool");
    }

    @Property(tries = 200)
    void itIsWholeJsonAndBounded(@ForAll("texts") List<String> texts) {
        List<Item> items = texts.stream()
                .<Item>map(text -> new Item.Message(Item.Role.USER, text))
                .toList();
        String json = MessageText.json(items, "stop");
        assertThat(json.length()).isLessThanOrEqualTo(MessageText.MAX_CHARS);
        assertThat(Json.mapper().readTree(json).isArray()).isTrue();
    }

    /** Wherever the text is cut, half of a secret does not show. */
    @Property(tries = 200)
    void aCutShowsNoHalfOfASecret(@ForAll("places") int place) {
        String text = "lorem ip ".repeat(1_000).substring(0, place) + " sk-" + SECRET.repeat(3) + " end of it"
                + " dolor ".repeat(500);
        assertThat(Redaction.of(text, 1_000)).doesNotContain("zzSEC").hasSizeLessThanOrEqualTo(1_000);
    }

    @Provide
    Arbitrary<List<String>> texts() {
        return Arbitraries.oneOf(
                        Arbitraries.strings().ofMaxLength(3_000),
                        Arbitraries.strings()
                                .withChars('\u0001', '"', '\\', ' ', 'a')
                                .ofMaxLength(3_000))
                .list()
                .ofMaxSize(12);
    }

    @Provide
    Arbitrary<Integer> places() {
        return Arbitraries.integers().between(0, 5_000);
    }
}
