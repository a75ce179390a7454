package io.voiceagent.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.Json;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Timeout(20)
class AnswerFormatTest {
    private static final String PERSON = """
            {"type":"object","properties":{"name":{"type":"string","minLength":1},"age":{"type":"integer"}},
             "required":["name","age"],"additionalProperties":false}""";

    @Test
    void textIsOfAnyFormat() {
        assertThat(AnswerFormat.of(null)).isEmpty();
        assertThat(AnswerFormat.of(Json.tree("{\"verbosity\":\"low\"}"))).isEmpty();
        assertThat(AnswerFormat.of(Json.tree("{\"format\":{\"type\":\"text\"}}")))
                .isEmpty();
    }

    @Test
    void anObjectIsOneJsonObjectAndNothingElse() {
        AnswerFormat object = AnswerFormat.of(Json.tree("{\"format\":{\"type\":\"json_object\"}}"))
                .orElseThrow();
        assertThat(object.violations(" {\"a\":[1]} ")).isEmpty();
        for (String other : List.of("", "[]", "1", "{", "{} {}", "```json\n{}\n```", "{\"a\":1,\"a\":2}", "Sure: {}")) {
            assertThat(object.violations(other)).as(other).hasSize(1);
        }
    }

    @Test
    void violationsNameThePlace() {
        AnswerFormat person = of(PERSON);
        assertThat(person.violations("{\"name\":\"Ada\",\"age\":36}")).isEmpty();
        assertThat(person.violations("{\"name\":\"\",\"age\":\"36\",\"x\":1}"))
                .hasSize(3)
                .anyMatch(text -> text.startsWith("/name: "))
                .anyMatch(text -> text.startsWith("/age: "));
        assertThat(person.violations("{\"name\":\"Ada\",\"age\":36}"))
                .as("again")
                .isEmpty();
    }

    @Test
    void violationsAreFewAndShort() {
        String name = "n".repeat(5_000);
        StringBuilder answer = new StringBuilder("{");
        for (int i = 0; i < 100; i++) {
            answer.append(i == 0 ? "" : ",").append('"').append(name).append(i).append("\":1");
        }
        assertThat(of(PERSON).violations(answer + "}")).hasSize(5).allMatch(text -> text.length() <= 201);
    }

    @Test
    void otherVersionsThatClientsWriteAreUnderstood() {
        for (String version : List.of(
                "https://json-schema.org/draft/2020-12/schema",
                "https://json-schema.org/draft/2019-09/schema",
                "http://json-schema.org/draft-07/schema#")) {
            ObjectNode schema = (ObjectNode) Json.tree(PERSON);
            schema.put("$schema", version);
            assertThat(of(schema.toString()).violations("{\"name\":\"Ada\",\"age\":36}"))
                    .isEmpty();
            assertThat(of(schema.toString()).violations("{}")).hasSize(2);
        }
    }

    @Test
    void referencesWithinTheSchemaWork() {
        AnswerFormat tree = of("""
                {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","required":["v"],
                 "properties":{"v":{"type":"integer"},"next":{"$ref":"#/$defs/node"}}}}}""");
        assertThat(tree.violations("{\"v\":1,\"next\":{\"v\":2}}")).isEmpty();
        assertThat(tree.violations("{\"v\":1,\"next\":{}}"))
                .singleElement()
                .asString()
                .startsWith("/next: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "null",
                "{\"type\":\"text\"}",
                "{\"type\":5}",
                "{\"properties\":[]}",
                "{\"required\":\"a\"}",
                "{\"pattern\":\"(\"}",
                "{\"properties\":{\"a\":{\"pattern\":\"[\"}}}",
                "{\"$ref\":\"https://example.com/schema\"}",
                "{\"$ref\":\"file:///etc/passwd\"}",
                "{\"$ref\":\"classpath:draft-07/schema\"}",
                "{\"properties\":{\"a\":{\"$ref\":\"other.json\"}}}",
                "{\"$ref\":\"#/$defs/none\"}",
                "{\"$dynamicRef\":\"#a\"}",
                "{\"$schema\":\"https://example.com/dialect\"}",
                "{\"$schema\":7}"
            })
    void whatIsNoSchemaIsRefused(String schema) {
        assertThatThrownBy(() -> of(schema)).isInstanceOf(InvalidSchemaException.class);
    }

    @Test
    void aSchemaIsBoundedInSize() {
        String schema = "{\"description\":\"" + "d".repeat(AnswerFormat.MAX_SCHEMA_CHARS) + "\"}";
        assertThatThrownBy(() -> of(schema)).hasMessageContaining("characters");
    }

    /** Java's matcher needs more steps than there are atoms for it. */
    @Test
    void aPatternThatExplodesIsStopped() {
        AnswerFormat evil = of("{\"type\":\"string\",\"pattern\":\"^(a+a+)+b\\\\1$|^a{3}$\"}");
        assertBounded(() -> assertThat(evil.violations("\"" + "a".repeat(60) + "!\""))
                .singleElement()
                .asString()
                .contains("too many steps"));
        assertThat(evil.violations("\"aaa\"")).isEmpty();
    }

    /** 2^64 paths through a schema of a hundred characters a level. */
    @Test
    void referencesThatMultiplyAreStopped() {
        StringBuilder schema = new StringBuilder("{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
        for (int i = 0; i < 64; i++) {
            schema.append(String.format(
                    Locale.ROOT,
                    "\"d%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]},",
                    i,
                    i + 1,
                    i + 1));
        }
        schema.append("\"d64\":{\"type\":\"integer\"}}}");
        AnswerFormat evil = of(schema.toString());
        assertBounded(() -> assertThat(evil.violations("\"x\"")).hasSize(1));
    }

    @Test
    void aReferenceToItselfIsStopped() {
        assertBounded(() -> {
            try {
                assertThat(of("{\"$ref\":\"#\"}").violations("1")).hasSize(1);
            } catch (InvalidSchemaException refused) {
                assertThat(refused).hasMessageContaining("reference");
            }
        });
    }

    private static void assertBounded(Runnable check) {
        long begin = System.nanoTime();
        check.run();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    }

    private static AnswerFormat of(String schema) {
        ObjectNode text = Json.mapper().createObjectNode();
        JsonNode node = Json.tree(schema);
        text.putObject("format")
                .put("type", "json_schema")
                .put("name", "answer")
                .set("schema", node);
        return AnswerFormat.of(text).orElseThrow();
    }
}
