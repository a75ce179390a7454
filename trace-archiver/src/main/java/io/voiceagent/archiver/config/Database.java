package io.voiceagent.archiver.config;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Opens the database: waits until it is there, migrates it, and gives a pool of connections. */
final class Database {

    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int CONNECT_SECONDS = 5;

    /** Longer than any batch takes; ends the wait for a server that has vanished from the network. */
    private static final int SOCKET_SECONDS = 60;

    /** Longer than counting or indexing a table takes. */
    private static final int LONG_SOCKET_SECONDS = 1_800;

    /** Bound of the writers of spans, each of which keeps a connection for as long as a batch takes. */
    static final int MAX_SPAN_WRITERS = 8;

    private static final int OTHER_CONNECTIONS = 5;

    private Database() {}

    /** @throws PostgresUnavailableException when it is not usable within the start time-out */
    static HikariDataSource open(PostgresSettings settings) {
        await(settings);
        HikariDataSource pool = new HikariDataSource(pool(settings));
        try {
            migrate(pool);
            return pool;
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    private static void await(PostgresSettings settings) {
        long deadline = System.nanoTime() + settings.startTimeout().toNanos();
        Properties properties = connectionProperties();
        properties.setProperty("user", settings.user());
        properties.setProperty("password", settings.password());
        while (true) {
            try (Connection ignored = DriverManager.getConnection(settings.url(), properties)) {
                return;
            } catch (SQLException e) {
                if (!PostgresUnavailableException.mayPass(e) || System.nanoTime() - deadline >= 0) {
                    throw new PostgresUnavailableException(settings, e);
                }
                log.info("Waits for Postgres at {}: {}", settings.url(), e.getMessage());
                pause(settings, e);
            }
        }
    }

    private static void pause(PostgresSettings settings, SQLException last) {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PostgresUnavailableException(settings, last);
        }
    }

    /** Brings all tables of the archive up to date. */
    static void migrate(DataSource dataSource) {
        histories(dataSource).forEach(Flyway::migrate);
    }

    /** Two histories: a rollback of the telemetry tables leaves the finished responses alone. */
    static List<Flyway> histories(DataSource dataSource) {
        return List.of(
                Flyway.configure()
                        .dataSource(dataSource)
                        .locations("classpath:db/migration")
                        .table("schema_migrations")
                        .load(),
                Flyway.configure()
                        .dataSource(dataSource)
                        .locations("classpath:db/responses")
                        .schemas("responses")
                        .table("schema_migrations")
                        .load());
    }

    /**
     * Connections to a database, each a new one, for work that takes long.
     *
     * @param settings of which the pool of {@link #open} is another way in
     */
    static DataSource plain(PostgresSettings settings) {
        DriverManagerDataSource dataSource =
                new DriverManagerDataSource(settings.url(), settings.user(), settings.password());
        Properties properties = connectionProperties();
        properties.setProperty("socketTimeout", Integer.toString(LONG_SOCKET_SECONDS));
        dataSource.setConnectionProperties(properties);
        return dataSource;
    }

    private static HikariConfig pool(PostgresSettings settings) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("archive");
        config.setJdbcUrl(settings.url());
        config.setUsername(settings.user());
        config.setPassword(settings.password());
        config.setMaximumPoolSize(MAX_SPAN_WRITERS + OTHER_CONNECTIONS);
        config.setMinimumIdle(2);
        config.setConnectionTimeout(Duration.ofSeconds(CONNECT_SECONDS).toMillis());
        config.setDataSourceProperties(connectionProperties());
        return config;
    }

    private static Properties connectionProperties() {
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", "trace-archiver");
        properties.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
        properties.setProperty("socketTimeout", Integer.toString(SOCKET_SECONDS));
        properties.setProperty("tcpKeepAlive", "true");
        return properties;
    }
}
