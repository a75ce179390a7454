package io.voiceagent.archiver.config;

import io.voiceagent.archiver.ingest.DayPartitions;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** An empty database of its own on a server that others use too, gone when it is closed. */
public final class FreshDatabase implements AutoCloseable {

    private static @Nullable FreshDatabase template; // as long as the server

    private final EmbeddedPostgresServer server;
    private final String name;

    private FreshDatabase(EmbeddedPostgresServer server, String name) {
        this.server = server;
        this.name = name;
    }

    /** With all tables and this week's partitions; the copy of another is much faster than to migrate. */
    public static synchronized FreshDatabase migratedOn(EmbeddedPostgresServer server) throws SQLException {
        FreshDatabase from = template;
        if (from == null) {
            from = on(server);
            from.migrate();
            new DayPartitions("trace_spans", "start_time").ensure(from.dataSource(), Clock.systemUTC());
            new DayPartitions("performance_metrics", "time").ensure(from.dataSource(), Clock.systemUTC());
            template = from;
        }
        FreshDatabase made = new FreshDatabase(server, newName());
        made.maintain("CREATE DATABASE " + made.name + " TEMPLATE " + from.name);
        return made;
    }

    private static String newName() {
        return "t" + UUID.randomUUID().toString().replace("-", "");
    }

    public static FreshDatabase on(EmbeddedPostgresServer server) throws SQLException {
        FreshDatabase made = new FreshDatabase(server, newName());
        made.maintain("CREATE DATABASE " + made.name);
        return made;
    }

    public PostgresSettings settings() {
        String url = server.jdbcUrl();
        return new PostgresSettings(
                url.substring(0, url.lastIndexOf('/') + 1) + name,
                server.user(),
                server.password(),
                Duration.ofSeconds(20));
    }

    /** Each connection anew, so that nothing has to be closed. */
    public DataSource dataSource() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(settings().url());
        dataSource.setUser(server.user());
        dataSource.setPassword(server.password());
        return dataSource;
    }

    /** Migrates it as the service does. */
    public void migrate() {
        Database.migrate(dataSource());
    }

    public Connection connect() throws SQLException {
        return dataSource().getConnection();
    }

    /** Each row as its columns' texts, joined by a space; null is {@code null}. */
    public List<String> rows(String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    row.add(String.valueOf(result.getString(i)));
                }
                rows.add(row.stream().collect(Collectors.joining(" ")));
            }
        }
        return rows;
    }

    public long number(String sql) throws SQLException {
        return Long.parseLong(rows(sql).getFirst());
    }

    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        maintain("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    }

    private void maintain(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
