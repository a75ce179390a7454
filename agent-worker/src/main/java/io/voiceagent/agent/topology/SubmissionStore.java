package io.voiceagent.agent.topology;

import io.voiceagent.agent.core.Registered;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Request.Registration;
import io.voiceagent.messages.Request.Registration.Kind;
import java.time.Duration;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * The submissions of one partition that may be repeated, under the time of each, in window stores that drop them by whole segments. Those
 * with an idempotency key and those known by their body are apart, for the first are kept a hundred times as long and the others are many.
 */
final class SubmissionStore {
    /** Key, time of submission → submission with an idempotency key. */
    static final String BY_KEY = "submissions-by-key";
    /** Key, time of submission → submission of a client that may repeat it blindly. */
    static final String BY_BODY = "submissions-by-body";
    /** Submissions of several ingresses are in the log by the clock of neither. */
    private static final Duration MARGIN = Intake.CLOCK_SKEW;

    private final WindowStore<String, byte[]> byKey;
    private final WindowStore<String, byte[]> byBody;

    SubmissionStore(ProcessingContext context) {
        this.byKey = context.getStateStore(BY_KEY);
        this.byBody = context.getStateStore(BY_BODY);
    }

    /** How long a submission is to be in its store. */
    static Duration retention(Kind kind) {
        return Duration.ofMillis(Registered.life(kind)).plus(MARGIN);
    }

    /** @see WindowStores#begin */
    void begin() {
        WindowStores.begin(byKey);
        WindowStores.begin(byBody);
    }

    /** The latest submission that this one may repeat, null when there is none. */
    @Nullable
    Registered earlier(Request.Submit submit) {
        Registration registration = submit.registration();
        if (registration == null) {
            return null;
        }
        long at = submit.submittedAt();
        long from = at - Registered.life(registration.kind());
        long to = at + MARGIN.toMillis();
        byte[] latest = null;
        try (WindowStoreIterator<byte[]> found =
                store(registration).fetch(registration.key(), Math.max(0, from), Math.max(0, to))) {
            while (found.hasNext()) {
                latest = found.next().value;
            }
        }
        return latest == null ? null : Json.read(latest, Registered.class);
    }

    /** Keeps a submission that was accepted, if it may be repeated. */
    void save(Request.Submit submit) {
        Registration registration = submit.registration();
        Registered kept = Registered.of(submit);
        if (registration != null && kept != null) {
            store(registration).put(registration.key(), Json.write(kept), kept.at());
        }
    }

    private WindowStore<String, byte[]> store(Registration registration) {
        return registration.kind() == Kind.KEY ? byKey : byBody;
    }
}
