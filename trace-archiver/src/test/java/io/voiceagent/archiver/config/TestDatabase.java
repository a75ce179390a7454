package io.voiceagent.archiver.config;

import com.zaxxer.hikari.HikariDataSource;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import java.time.Duration;

/** The database as the service opens it, for tests of other packages. */
public final class TestDatabase {

    private TestDatabase() {}

    /** A migrated database and a pool of connections, which the caller closes. */
    public static HikariDataSource open(EmbeddedPostgresServer server) {
        return Database.open(settings(server));
    }

    static PostgresSettings settings(EmbeddedPostgresServer server) {
        return new PostgresSettings(server.jdbcUrl(), server.user(), server.password(), Duration.ofSeconds(20));
    }
}
