package io.voiceagent.agent.core;

import io.voiceagent.messages.Request.Registration;
import io.voiceagent.messages.Request.Registration.Kind;
import io.voiceagent.messages.Request.Submit;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an accepted submission, so that its repetitions are known as such.
 *
 * <p>Ages are taken between the times of two submissions and not from a clock: so the answer is the same however long the log waited to be
 * read, and after every replay of it.
 *
 * @param responseId the turn that came of it
 * @param body its {@link Registration#body}
 * @param at when it was submitted, milliseconds since the epoch
 */
public record Registered(String responseId, String body, long at) {
    /** How long an idempotency key stands for its turn, milliseconds. */
    public static final long KEY_LIFE = TimeUnit.HOURS.toMillis(24);
    /** How long a blind repetition finds its first try, milliseconds. */
    public static final long BODY_LIFE = TimeUnit.MINUTES.toMillis(15);

    /** What a submission is in the light of an earlier one under the same key. */
    enum Verdict {
        /** A turn of its own. */
        FRESH,
        /** The earlier one again. */
        REPETITION,
        /** Something else under a key that is taken. */
        CONFLICT
    }

    /** What is kept of {@code submit}, null when it can't be repeated. */
    public static @Nullable Registered of(Submit submit) {
        Registration registration = submit.registration();
        return registration == null
                ? null
                : new Registered(submit.responseId(), registration.body(), submit.submittedAt());
    }

    /** How long a submission of this kind is kept, milliseconds. */
    public static long life(Kind kind) {
        return switch (kind) {
            case KEY -> KEY_LIFE;
            case FIRST_TRY, RETRY -> BODY_LIFE;
        };
    }

    /** @param earlier the latest accepted submission of the same key and of a kind that is kept together, null when there is none */
    static Verdict judge(Submit submit, @Nullable Registered earlier) {
        Registration registration = submit.registration();
        if (registration == null
                || earlier == null
                || registration.kind() == Kind.FIRST_TRY
                || earlier.responseId.equals(submit.responseId())
                || submit.submittedAt() - earlier.at >= life(registration.kind())) {
            return Verdict.FRESH;
        }
        if (earlier.body.equals(registration.body())) {
            return Verdict.REPETITION;
        }
        return registration.kind() == Kind.KEY ? Verdict.CONFLICT : Verdict.FRESH;
    }
}
