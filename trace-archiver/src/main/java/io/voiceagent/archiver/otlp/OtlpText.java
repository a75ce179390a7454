package io.voiceagent.archiver.otlp;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.resource.v1.Resource;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** OTLP scalars as text. */
public final class OtlpText {

    /** What a resource without a name is called (OpenTelemetry semantic conventions, service). */
    public static final String UNKNOWN_SERVICE = "unknown_service";

    /** Characters of a service, span or metric name. All of an index entry must fit a third of a page, 2.7 kB. */
    public static final int MAX_NAME_CHARS = 400;

    private static final HexFormat HEX = HexFormat.of();
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private OtlpText() {}

    /** The text with U+0000, which Postgres can't store, replaced by U+FFFD. */
    public static String storable(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
    }

    /** As {@link #storable}, and null for empty text, which is how OTLP says that there is none. */
    public static @Nullable String storableOrNull(String text) {
        return text.isEmpty() ? null : storable(text);
    }

    /** Lower-case hex digits. */
    public static String hex(ByteString id) {
        return HEX.formatHex(id.toByteArray());
    }

    /** The resource's {@code service.name}, or {@link #UNKNOWN_SERVICE}; cut to {@link #MAX_NAME_CHARS}. */
    public static String serviceName(Resource resource) {
        return resource.getAttributesList().stream()
                .filter(attribute -> attribute.getKey().equals("service.name"))
                .map(attribute -> attribute.getValue().getStringValue())
                .filter(name -> !name.isEmpty())
                .reduce((first, last) -> last)
                .map(name -> storable(name.length() > MAX_NAME_CHARS ? cut(name) : name))
                .orElse(UNKNOWN_SERVICE);
    }

    /** ISO 8601 in UTC, to the nanosecond. The value is unsigned, as OTLP has it. */
    public static String time(long unixNano) {
        return Instant.ofEpochSecond(
                        Long.divideUnsigned(unixNano, NANOS_PER_SECOND),
                        Long.remainderUnsigned(unixNano, NANOS_PER_SECOND))
                .toString();
    }

    private static String cut(String name) {
        int end = Character.isHighSurrogate(name.charAt(MAX_NAME_CHARS - 1)) ? MAX_NAME_CHARS - 1 : MAX_NAME_CHARS;
        return name.substring(0, end);
    }
}
