package io.voiceagent.transport.telemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.voiceagent.messages.Sha256;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Lets a caller choose the id of a span that it starts, and otherwise draws ids at random.
 *
 * <p>A turn's span begins and ends in different transactions, maybe in different processes, while its children already
 * name it as their parent. So its id is fixed when the turn begins ({@link #spanIdOf}), handed to the children, and the
 * span itself is made when the turn has ended, with that id and an explicit start time.
 *
 * <p>Works only with a tracer of a {@link Telemetry}, whose SDK uses this generator.
 */
public final class ForcedIds implements IdGenerator {
    private static final ScopedValue<Forced> FORCED = ScopedValue.newInstance();
    private static final IdGenerator RANDOM = IdGenerator.random();

    ForcedIds() {}

    /**
     * Starts the span with this span id. Its trace id is that of its parent, or random for a root.
     *
     * @param spanId 16 lower-case hex digits, not all zero
     */
    public static Span start(SpanBuilder builder, String spanId) {
        return start(builder, null, spanId);
    }

    /**
     * Starts the span with this span id and, when it has no parent, this trace id.
     *
     * @param traceId 32 lower-case hex digits, or null for a random one; ignored when the span has a parent
     * @param spanId 16 lower-case hex digits, not all zero
     */
    public static Span start(SpanBuilder builder, @Nullable String traceId, String spanId) {
        if (!SpanId.isValid(spanId)) {
            throw new IllegalArgumentException("Not a span id: " + spanId);
        }
        return ScopedValue.where(FORCED, new Forced(traceId, spanId)).call(builder::startSpan);
    }

    /** A span id that follows from {@code name}, such as a response id: the same in every process, never invalid. */
    public static String spanIdOf(String name) {
        long id = ByteBuffer.wrap(Sha256.of(name)).getLong();
        return SpanId.fromLong(id == 0 ? 1 : id);
    }

    @Override
    public String generateSpanId() {
        return FORCED.isBound() ? FORCED.get().spanId() : RANDOM.generateSpanId();
    }

    @Override
    public String generateTraceId() {
        String forced = FORCED.isBound() ? FORCED.get().traceId() : null;
        return forced == null ? RANDOM.generateTraceId() : forced;
    }

    private record Forced(@Nullable String traceId, String spanId) {}
}
