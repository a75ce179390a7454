package io.voiceagent.archiver.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.voiceagent.archiver.config.TestDatabase;
import io.voiceagent.archiver.ingest.ArchiveStatus.State;
import io.voiceagent.archiver.ingest.LogArchiver;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Postgres goes in the middle of turns, and comes back while others go on. */
class ResponsesPostgresAwayTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void waitsAndStoresEveryResponseOnce(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) throws Exception {
        EmbeddedPostgresServer server = EmbeddedPostgresServer.start(directory, 0);
        int port = URI.create(server.jdbcUrl().substring("jdbc:".length())).getPort();
        try (HikariDataSource dataSource = TestDatabase.open(server);
                ResponseFixture fixture = new ResponseFixture(dataSource, 2)) {
            LogArchiver archiver = fixture.start();
            List<SampleTurn> turns = new ArrayList<>();
            turns.add(new SampleTurn(0, 1));
            fixture.send(turns.getFirst());
            await().atMost(PATIENCE).until(() -> fixture.stored(turns));
            SampleTurn open = new SampleTurn(1, 2);
            fixture.sendSteps(open.steps.subList(0, 2));
            await().atMost(PATIENCE).until(() -> fixture.gauge("responses.open") == 1);

            server.close();
            for (int i = 0; i < 20; i++) {
                turns.add(new SampleTurn(i % 2, 100 + i));
                fixture.send(turns.getLast());
            }
            await().atMost(PATIENCE).until(() -> archiver.status().state() == State.WAITING_FOR_POSTGRES);
            assertThat(archiver.status().problem()).isNotNull();
            await().atMost(PATIENCE).until(() -> archiver.status().lagRecords() > 0);

            server = EmbeddedPostgresServer.start(directory, port);
            fixture.sendSteps(open.steps.subList(2, open.steps.size()));
            fixture.sendFrames(open.frames);
            turns.add(open);
            await().atMost(PATIENCE).ignoreExceptions().until(() -> fixture.stored(turns));
            assertThat(fixture.counter("rows")).isEqualTo(turns.size());
            await().atMost(PATIENCE)
                    .until(() -> archiver.status().state() == State.RUNNING
                            && archiver.status().lagRecords() == 0);
        } finally {
            server.close();
        }
    }
}
