package io.voiceagent.transport;

import java.util.Objects;

/** Versions of our services, as they tell them in announcements and telemetry. */
public final class Versions {
    private Versions() {}

    /** What the manifest of the jar says that {@code type} comes from; {@code dev} when it is from no jar. */
    public static String of(Class<?> type) {
        return Objects.requireNonNullElse(type.getPackage().getImplementationVersion(), "dev");
    }
}
