package io.voiceagent.archiver.otlp;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Generated OTLP values, with everything that JSON or Postgres has trouble with. */
public final class OtlpArbitraries {

    private OtlpArbitraries() {}

    /** Text of any characters that UTF-8 can carry, U+0000 among them. */
    public static Arbitrary<String> texts() {
        return Arbitraries.strings()
                .withChars('\0', '"', '\\', '\n', '\t', 'a', 'ß', '€', '\uFFFD', '\u007F', '\u2028')
                .ofMaxLength(12);
    }

    public static Arbitrary<List<KeyValue>> attributes() {
        return Combinators.combine(texts(), values(2))
                .as((key, value) ->
                        KeyValue.newBuilder().setKey(key).setValue(value).build())
                .list()
                .ofMaxSize(4)
                .uniqueElements(attribute -> OtlpText.storable(attribute.getKey()));
    }

    public static Arbitrary<Resource> resources() {
        return Combinators.combine(attributes(), texts())
                .as((attributes, service) -> Resource.newBuilder()
                        .addAllAttributes(attributes)
                        .addAttributes(KeyValue.newBuilder()
                                .setKey("service.name")
                                .setValue(AnyValue.newBuilder().setStringValue(service)))
                        .build());
    }

    public static Arbitrary<InstrumentationScope> scopes() {
        return Combinators.combine(texts(), texts())
                .as((name, version) -> InstrumentationScope.newBuilder()
                        .setName(name)
                        .setVersion(version)
                        .build());
    }

    /** An id of so many bytes that are not all zero. */
    public static Arbitrary<ByteString> ids(int bytes) {
        return Arbitraries.bytes()
                .array(byte[].class)
                .ofSize(bytes)
                .map(ByteString::copyFrom)
                .filter(id -> !id.equals(ByteString.copyFrom(new byte[bytes])));
    }

    public static Arbitrary<Double> doubles() {
        return Arbitraries.oneOf(
                Arbitraries.doubles(),
                Arbitraries.of(
                        Double.NaN,
                        Double.POSITIVE_INFINITY,
                        Double.NEGATIVE_INFINITY,
                        -0.0,
                        Double.MIN_VALUE,
                        Double.MAX_VALUE));
    }

    private static Arbitrary<AnyValue> values(int depth) {
        Arbitrary<AnyValue> scalars = Arbitraries.oneOf(
                texts().map(text -> AnyValue.newBuilder().setStringValue(text).build()),
                Arbitraries.of(true, false)
                        .map(flag -> AnyValue.newBuilder().setBoolValue(flag).build()),
                Arbitraries.longs()
                        .map(number -> AnyValue.newBuilder().setIntValue(number).build()),
                doubles()
                        .map(number ->
                                AnyValue.newBuilder().setDoubleValue(number).build()),
                ids(5).map(bytes -> AnyValue.newBuilder().setBytesValue(bytes).build()),
                Arbitraries.just(AnyValue.getDefaultInstance()));
        if (depth == 0) {
            return scalars;
        }
        Arbitrary<AnyValue> inner = Arbitraries.lazy(() -> values(depth - 1));
        return Arbitraries.oneOf(
                scalars,
                inner.list()
                        .ofMaxSize(3)
                        .map(elements -> AnyValue.newBuilder()
                                .setArrayValue(ArrayValue.newBuilder().addAllValues(elements))
                                .build()),
                Combinators.combine(texts(), inner)
                        .as((key, value) -> AnyValue.newBuilder()
                                .setKvlistValue(KeyValueList.newBuilder()
                                        .addValues(KeyValue.newBuilder()
                                                .setKey(key)
                                                .setValue(value)))
                                .build()));
    }
}
