package io.voiceagent.archiver.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.ingest.DayPartitions;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import io.voiceagent.transport.InvalidSettingException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DatabaseTest {

    private static EmbeddedPostgresServer server;
    private static HikariDataSource dataSource;

    @BeforeAll
    static void open() {
        server = Servers.postgres();
        dataSource = TestDatabase.open(server);
    }

    @AfterAll
    static void close() {
        dataSource.close();
    }

    @Test
    void showsItsHistoryAsThreeMigrations() throws SQLException {
        assertThat(rows("SELECT version, description, installed_on, success FROM schema_migrations"
                        + " ORDER BY installed_on DESC"))
                .extracting(row -> row.get(0) + " " + row.get(1) + " " + row.get(3))
                .containsExactly(
                        "003 Add backup tracking tables t",
                        "002 Add performance metrics tables t",
                        "001 Add tracing storage tables t");
    }

    @Test
    void hasEveryTable() throws SQLException {
        for (String table : List.of(
                "trace_spans",
                "performance_metrics",
                "backup_history",
                "trace_spans_archive",
                "performance_metrics_archive",
                "backup_history_archive",
                "kafka_offsets",
                "responses.responses",
                "responses.kafka_offsets",
                "responses.schema_migrations")) {
            assertThat(rows("SELECT to_regclass('" + table + "') IS NOT NULL"))
                    .as(table)
                    .isEqualTo(List.of(List.of("t")));
        }
    }

    @Test
    void anArchiveTableTakesTheRowsOfItsTable() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("INSERT INTO backup_history (backup_type, status) VALUES ('incremental', 'pending')");
            for (String table : List.of("trace_spans", "performance_metrics", "backup_history")) {
                statement.execute("INSERT INTO " + table + "_archive SELECT * FROM " + table);
            }
            connection.rollback();
        }
    }

    @Test
    void opensAnOpenedDatabaseAgain() throws SQLException {
        try (HikariDataSource again = TestDatabase.open(server);
                Connection connection = again.getConnection()) {
            assertThat(connection.isValid(1)).isTrue();
        }
    }

    @Test
    void makesDayPartitionsOnceAndMovesWhatCameBefore() throws SQLException {
        DayPartitions spans = new DayPartitions("trace_spans", "start_time");
        Clock clock = Clock.fixed(Instant.parse("2031-05-10T23:30:00Z"), ZoneOffset.UTC);
        insertSpan("00", "2031-05-12T23:59:59.999999Z");
        insertSpan("01", "2031-05-13T00:00:00Z");
        assertThat(partitionOf("00")).isEqualTo("trace_spans_default");

        assertThat(spans.ensure(dataSource, clock)).isEqualTo(11);

        assertThat(partitionOf("00")).isEqualTo("trace_spans_p20310512");
        assertThat(partitionOf("01")).isEqualTo("trace_spans_p20310513");
        assertThat(spans.ensure(dataSource, clock)).isZero();
        insertSpan("02", "1970-01-01T00:00:00Z");
        assertThat(partitionOf("02")).isEqualTo("trace_spans_default");
        assertThat(rows("SELECT count(*) FROM pg_indexes WHERE tablename = 'trace_spans_p20310512'"))
                .isEqualTo(List.of(List.of("3")));
    }

    @Test
    void namesTheVariableWhenPostgresIsNotThere() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/voice_agent";

        assertThatThrownBy(() -> Database.open(new PostgresSettings(url, "u", "secret", Duration.ZERO)))
                .isInstanceOf(PostgresUnavailableException.class)
                .hasMessageContaining(url)
                .hasMessageContaining("POSTGRES_URL")
                .hasMessageNotContaining("secret");
    }

    @Test
    void namesTheVariablesWhenThePasswordIsWrong() {
        PostgresSettings wrong =
                new PostgresSettings(server.jdbcUrl(), server.user(), "wrong-secret", Duration.ofMinutes(5));

        assertThatThrownBy(() -> Database.open(wrong))
                .isInstanceOf(PostgresUnavailableException.class)
                .hasMessageContaining("POSTGRES_PASSWORD")
                .hasMessageNotContaining("wrong-secret");
    }

    /** Made here, for the test's server lets nobody ask for another database. */
    @Test
    void namesTheVariableWhenTheDatabaseDoesNotExist() {
        SQLException refusal = new SQLException("database \"x\" does not exist", "3D000");

        assertThat(PostgresUnavailableException.mayPass(refusal)).isFalse();
        assertThat(new PostgresUnavailableException(TestDatabase.settings(server), refusal))
                .hasMessageContaining("does not exist")
                .hasMessageContaining("POSTGRES_URL");
    }

    @Test
    void refusesAUrlThatIsNotOneOfPostgres() {
        assertThatThrownBy(() -> new PostgresSettings("mysql://x", "u", "p", Duration.ZERO))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("POSTGRES_URL");
    }

    private static void insertSpan(String id, String start) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO trace_spans (trace_id, span_id, service_name, name, kind, start_time, end_time,"
                            + " start_unix_nano, duration_ms, status, attributes, resource, events, links) VALUES ('t', '"
                            + id
                            + "', 'partitions', 'n', 'internal', '" + start + "', '" + start
                            + "', 0, 0, 'unset', '{}', '{}', '[]', '[]')");
        }
    }

    private static String partitionOf(String id) throws SQLException {
        return rows("SELECT tableoid::regclass FROM trace_spans WHERE service_name = 'partitions' AND span_id = '" + id
                        + "'")
                .getFirst()
                .getFirst();
    }

    private static List<List<String>> rows(String sql) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    row.add(result.getString(i));
                }
                rows.add(row);
            }
        }
        return rows;
    }
}
