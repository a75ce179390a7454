package io.voiceagent.archiver.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OtlpJsonTest {

    private static final JsonMapper JSON = JsonMapper.shared();

    @Test
    void writesEachKindOfValue() {
        String json = OtlpJson.attributes(List.of(
                attribute("text", AnyValue.newBuilder().setStringValue("a\0\"b")),
                attribute("flag", AnyValue.newBuilder().setBoolValue(true)),
                attribute("int", AnyValue.newBuilder().setIntValue(Long.MIN_VALUE)),
                attribute("double", AnyValue.newBuilder().setDoubleValue(0.25)),
                attribute("nan", AnyValue.newBuilder().setDoubleValue(Double.NaN)),
                attribute("bytes", AnyValue.newBuilder().setBytesValue(ByteString.copyFrom(new byte[] {1, 2}))),
                attribute("none", AnyValue.newBuilder()),
                attribute(
                        "list",
                        AnyValue.newBuilder()
                                .setArrayValue(ArrayValue.newBuilder()
                                        .addValues(AnyValue.newBuilder().setIntValue(1)))),
                attribute(
                        "map",
                        AnyValue.newBuilder()
                                .setKvlistValue(KeyValueList.newBuilder()
                                        .addValues(attribute(
                                                "k", AnyValue.newBuilder().setStringValue("v")))))));

        assertThat(json).isEqualTo("""
                {"text":"a\uFFFD\\"b","flag":true,"int":-9223372036854775808,"double":0.25,"nan":"NaN",\
                "bytes":"AQI=","none":null,"list":[1],"map":{"k":"v"}}""");
    }

    @Test
    void timesAreUnsigned() {
        assertThat(OtlpText.time(1_700_000_000_123_456_789L)).isEqualTo("2023-11-14T22:13:20.123456789Z");
        assertThat(OtlpText.time(-1L)).isEqualTo("2554-07-21T23:34:33.709551615Z");
    }

    @Property
    void isJsonWithEveryKeyAndWithoutZeroCharacters(@ForAll("attributes") List<KeyValue> attributes) {
        String json = OtlpJson.attributes(attributes);

        JsonNode tree = JSON.readTree(json);
        assertThat(tree.propertyNames())
                .containsExactlyElementsOf(attributes.stream()
                        .map(attribute -> OtlpText.storable(attribute.getKey()))
                        .toList());
        assertThat(json).doesNotContain("\\u0000").doesNotContain("\0");
    }

    @Provide
    Arbitrary<List<KeyValue>> attributes() {
        return OtlpArbitraries.attributes();
    }

    private static KeyValue attribute(String key, AnyValue.Builder value) {
        return KeyValue.newBuilder().setKey(key).setValue(value).build();
    }
}
