package io.voiceagent.archiver.query;

import java.util.List;

/**
 * One trace.
 *
 * @param spans at least one, in the order of their beginnings
 * @param cut whether it has more spans than are here
 */
record Trace(String id, List<StoredSpan> spans, boolean cut) {

    /** More than this in one answer is not read by anybody, and would fill the memory. */
    static final int MAX_SPANS = 10_000;

    /** Of what is JSON in all spans of an answer. */
    static final int MAX_CHARS = 16 << 20;

    Trace {
        spans = List.copyOf(spans);
    }

    /** When its first span began. */
    long startUnixNano() {
        return spans.getFirst().startUnixNano();
    }
}
