package io.voiceagent.archiver.tail;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Spans that wait for what becomes of their trace. Confined to one thread; times are given, so that what it does follows from what it is told.
 *
 * <p>A trace with an error or a slow turn is kept from the moment on in which that is seen. A trace whose turn ended otherwise is dropped a
 * little later; so is one of requests that nobody else had to do with. All others wait for {@link TailRule#patience}.
 */
final class TailBuffer {
    /** Kept traces whose later spans are still expected; the oldest is forgotten first. */
    private static final int MAX_KEPT = 10_000;

    private final TailRule rule;
    /** In the order in which they began. */
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();

    private final LinkedHashMap<String, Long> kept = new LinkedHashMap<>();
    private final Tally tally = new Tally();
    private long bytes;

    /** What became of spans so far. */
    static final class Tally {
        long kept;
        long dropped;
        long evicted;
    }

    private static final class Waiting {
        private final List<TracePart> parts = new ArrayList<>();
        private final long since;
        private boolean answered;
        private boolean sent;
        private boolean decided;
        private @Nullable Long dropAt;

        Waiting(long since) {
            this.since = since;
        }

        int count() {
            return parts.stream().mapToInt(TracePart::count).sum();
        }

        int size() {
            return parts.stream().mapToInt(TracePart::bytes).sum();
        }
    }

    TailBuffer(TailRule rule) {
        this.rule = rule;
    }

    /**
     * Takes a part.
     *
     * @param now milliseconds; never less than before
     * @return what is to be kept now; empty: nothing yet, or nothing of it
     */
    List<TracePart> add(TracePart part, long now) {
        if (kept.containsKey(part.traceId())) {
            tally.kept += part.count();
            return List.of(part);
        }
        if (part.failed() || part.turn().compareTo(rule.slow()) >= 0) {
            return keep(part, now);
        }
        Waiting trace = waiting.computeIfAbsent(part.traceId(), any -> new Waiting(now));
        trace.parts.add(part);
        bytes += part.bytes();
        trace.answered |= part.answered();
        trace.sent |= part.sent();
        trace.decided |= part.decided();
        boolean over = trace.decided || (trace.answered && !trace.sent);
        trace.dropAt = over ? now + rule.settle().toMillis() : null;
        evict();
        return List.of();
    }

    private List<TracePart> keep(TracePart part, long now) {
        List<TracePart> all = new ArrayList<>();
        Waiting earlier = waiting.remove(part.traceId());
        if (earlier != null) {
            bytes -= earlier.size();
            all.addAll(earlier.parts);
        }
        all.add(part);
        kept.put(part.traceId(), now);
        if (kept.size() > MAX_KEPT) {
            kept.pollFirstEntry();
        }
        all.forEach(each -> tally.kept += each.count());
        return all;
    }

    private void evict() {
        Iterator<Waiting> oldest = waiting.values().iterator();
        while (bytes > rule.maxBytes() && oldest.hasNext()) {
            Waiting trace = oldest.next();
            bytes -= trace.size();
            tally.evicted += trace.count();
            oldest.remove();
        }
    }

    /** Lets go what is not worth keeping, or was waited for in vain. */
    void pass(long now) {
        Iterator<Waiting> traces = waiting.values().iterator();
        while (traces.hasNext()) {
            Waiting trace = traces.next();
            if (trace.dropAt != null && trace.dropAt <= now) {
                tally.dropped += trace.count();
            } else if (now - trace.since >= rule.patience().toMillis()) {
                tally.evicted += trace.count();
            } else {
                continue;
            }
            bytes -= trace.size();
            traces.remove();
        }
        kept.values().removeIf(since -> now - since >= rule.patience().toMillis());
    }

    /** Gives up everything that waits. */
    void clear() {
        waiting.values().forEach(trace -> tally.evicted += trace.count());
        waiting.clear();
        bytes = 0;
    }

    /** Bytes that wait. */
    long bytes() {
        return bytes;
    }

    /** Traces that wait. */
    int traces() {
        return waiting.size();
    }

    Tally tally() {
        return tally;
    }
}
