package io.voiceagent.ingress.submit;

/** Whether requests can be appended, as of the last look. */
public interface LogHealth {
    /** False: an append would fail, so it need not be tried. */
    boolean up();

    /** For people: what is wrong, or {@code ok}. */
    String detail();
}
