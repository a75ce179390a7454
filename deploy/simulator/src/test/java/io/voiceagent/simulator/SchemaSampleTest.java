package io.voiceagent.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class SchemaSampleTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Test
    void fillsWhatIsRequiredAndNothingElse() {
        JsonNode schema = JSON.readTree("""
                {"type":"object","required":["city","unit","days","where","tags","on"],
                 "properties":{
                   "city":{"type":"string"},
                   "unit":{"enum":["C","F"]},
                   "days":{"type":"integer","minimum":3},
                   "where":{"$ref":"#/$defs/place"},
                   "tags":{"type":"array","minItems":2,"items":{"type":"string","maxLength":3}},
                   "on":{"type":["string","null"],"format":"date"},
                   "spare":{"type":"string"}},
                 "$defs":{"place":{"type":"object","required":["lat"],"properties":{"lat":{"type":"number"}}}}}
                """);

        ObjectNode arguments = SchemaSample.arguments(schema, "Berlin");

        assertThat(arguments.toString()).isEqualTo("""
                {"city":"Berlin","unit":"C","days":3,"where":{"lat":1.0},"tags":["Ber","Ber"],"on":"2026-01-01"}""");
    }

    @Test
    void aSchemaThatContainsItselfEnds() {
        JsonNode schema = JSON.readTree("""
                {"type":"object","required":["next"],"properties":{"next":{"$ref":"#"}}}
                """);
        assertThat(SchemaSample.arguments(schema, "x").has("next")).isTrue();
    }

    @Property
    void stringsKeepTheirLength(
            @ForAll String text, @ForAll @IntRange(min = 0, max = 50) int least, @ForAll @IntRange(max = 50) int more) {
        JsonNode schema = JSON.readTree(
                "{\"type\":\"object\",\"required\":[\"s\"],\"properties\":{\"s\":{\"type\":\"string\",\"minLength\":%d,\"maxLength\":%d}}}"
                        .formatted(least, least + more));
        String value = SchemaSample.arguments(schema, text).get("s").stringValue();
        assertThat(value.codePointCount(0, value.length())).isBetween(least, least + more);
    }

    @Property
    void numbersKeepTheirBounds(
            @ForAll @IntRange(min = -500, max = 500) int least, @ForAll @IntRange(max = 99) int more) {
        JsonNode schema = JSON.readTree(
                "{\"type\":\"object\",\"required\":[\"n\"],\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":%d,\"maximum\":%d}}}"
                        .formatted(least, least + more));
        assertThat(SchemaSample.arguments(schema, "").get("n").intValue()).isBetween(least, least + more);
    }
}
