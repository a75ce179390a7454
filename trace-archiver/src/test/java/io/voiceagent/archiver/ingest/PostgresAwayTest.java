package io.voiceagent.archiver.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.voiceagent.archiver.config.TestDatabase;
import io.voiceagent.archiver.spans.SpanSamples;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Postgres goes and comes back while spans go on arriving. */
class PostgresAwayTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SPANS = 50; // of one payload

    @Test
    void waitsAndStoresEverySpanOnce(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) throws Exception {
        EmbeddedPostgresServer server = EmbeddedPostgresServer.start(directory, 0);
        int port = URI.create(server.jdbcUrl().substring("jdbc:".length())).getPort();
        try (HikariDataSource dataSource = TestDatabase.open(server);
                ArchiveFixture fixture = new ArchiveFixture(dataSource, 2)) {
            LogArchiver archiver = fixture.start(fixture.storage());
            send(fixture, 0, 10);
            await().atMost(PATIENCE).until(() -> fixture.position() == 10);

            server.close();
            send(fixture, 10, 40);
            await().atMost(PATIENCE).until(() -> archiver.status().state() == ArchiveStatus.State.WAITING_FOR_POSTGRES);
            assertThat(archiver.status().problem()).isNotNull();
            await().atMost(PATIENCE).until(() -> archiver.status().lagRecords() == 40);

            server = EmbeddedPostgresServer.start(directory, port);
            await().atMost(PATIENCE).ignoreExceptions().until(() -> fixture.position() == 50);
            assertThat(fixture.rows()).isEqualTo(50 * SPANS);
            assertThat(fixture.spans()).isEqualTo(50 * SPANS);
            await().atMost(PATIENCE)
                    .until(() -> archiver.status().state() == ArchiveStatus.State.RUNNING
                            && archiver.status().lagRecords() == 0);
        } finally {
            server.close();
        }
    }

    private static void send(ArchiveFixture fixture, int first, int count) throws Exception {
        for (int i = first; i < first + count; i++) {
            fixture.send(i % fixture.partitions(), SpanSamples.payload(fixture.topic, i * SPANS, SPANS));
        }
    }
}
