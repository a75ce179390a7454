package io.voiceagent.faults;

import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** Submissions that were not accepted at once, counted over all customers of a batch. */
final class Refusals {
    private final Map<Integer, AtomicInteger> byStatus = new ConcurrentSkipListMap<>();
    private final AtomicInteger withoutRetryAfter = new AtomicInteger();
    private final AtomicInteger noAnswer = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();

    /** An answer, which may be an acceptance. */
    void add(HttpResponse<String> answer) {
        int status = answer.statusCode();
        if (status >= 400) {
            byStatus.computeIfAbsent(status, any -> new AtomicInteger()).incrementAndGet();
            if ((status == 429 || status == 503)
                    && answer.headers().firstValue("Retry-After").isEmpty()) {
                withoutRetryAfter.incrementAndGet();
            }
        }
    }

    /** No answer came in time, or the connection ended. */
    void noAnswer() {
        noAnswer.incrementAndGet();
    }

    /** Sent without an idempotency key, and the client was not told what became of it: nobody can say whether it is a turn. */
    void unknown() {
        unknown.incrementAndGet();
    }

    /** As tables have it; empty when each was accepted at once. */
    String text() {
        Map<String, Integer> counts = new TreeMap<>();
        byStatus.forEach((status, count) -> counts.put(status.toString(), count.get()));
        counts.put("no answer", noAnswer.get());
        counts.put("without Retry-After", withoutRetryAfter.get());
        return counts.entrySet().stream()
                .filter(count -> count.getValue() > 0)
                .map(count -> count.getValue() + " × " + count.getKey())
                .collect(Collectors.joining(", "));
    }
}
