package io.voiceagent.ingress.refusal;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The request is refused. Carries what the client is told: so the message must hold no key, no internal address, and of what the client sent
 * names of fields only. Has no stack trace: it is an answer, not a defect.
 */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Code code;
    private final @Nullable String param;

    /**
     * @param param the field, header or path part at fault, null when it is none in particular
     * @param message what is wrong and what to do about it
     */
    public Refusal(Code code, @Nullable String param, String message) {
        super(message, null, false, false);
        this.code = code;
        this.param = param;
    }

    /** A refusal that is nobody's field's fault. */
    public static Refusal of(Code code, String message) {
        return new Refusal(code, null, message);
    }

    /** The code, with status and type. */
    public Code code() {
        return code;
    }

    /** {@code error.param}. */
    public @Nullable String param() {
        return param;
    }

    /** What the client is told. */
    public String message() {
        return Objects.requireNonNull(getMessage());
    }
}
