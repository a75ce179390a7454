package io.voiceagent.ingress.follow;

import io.voiceagent.ingress.probe.Probe;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/** Looks every few seconds whether the archive's database answers; only responses that ended long ago need it. */
public final class ArchiveProbe implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final int TIMEOUT_SECONDS = 2;

    private final Probe probe;

    private ArchiveProbe(Probe probe) {
        this.probe = probe;
    }

    /** Starts looking. */
    public static ArchiveProbe start(DataSource archive) {
        return new ArchiveProbe(Probe.start("postgres", PAUSE, () -> problem(archive)));
    }

    /** Whether it answered at the last look. */
    public boolean up() {
        return probe.up();
    }

    /** For people: what was wrong at the last look, or {@code ok}. */
    public String detail() {
        return probe.detail();
    }

    @Override
    public void close() {
        probe.close();
    }

    private static String problem(DataSource archive) throws SQLException {
        try (Connection connection = archive.getConnection()) {
            return connection.isValid(TIMEOUT_SECONDS) ? "" : "the connection is broken";
        }
    }
}
