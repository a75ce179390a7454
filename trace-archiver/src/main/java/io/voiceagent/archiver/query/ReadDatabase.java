package io.voiceagent.archiver.query;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The archive for readers: transactions that can only read, each statement bounded in time, few of them at once. It has connections of its own,
 * made when they are needed, so that looking never takes one from archiving.
 */
public final class ReadDatabase implements AutoCloseable {

    /** What one statement may take. */
    static final Duration STATEMENT_LIMIT = Duration.ofSeconds(10);

    private static final int CONNECTIONS = 3;
    private static final int WAITING = 64;
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
    private static final int SOCKET_SECONDS = 30;
    private static final String CANCELLED = "57014"; // query_canceled
    private static final String DATA = "22"; // class of data exceptions, such as a list with a number beyond all bounds
    private static final String NO_TABLE = "42P01"; // undefined_table: rolled back, and not made anew yet

    private final HikariDataSource pool;
    private final Scheduler threads = Schedulers.newBoundedElastic(CONNECTIONS, WAITING, "archive-query");

    /** @param url without user and password */
    public ReadDatabase(String url, String user, String password) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("query");
        config.setJdbcUrl(url);
        config.setUsername(user);
        config.setPassword(password);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(0);
        config.setInitializationFailTimeout(-1); // it is tried when somebody looks
        config.setConnectionTimeout(CONNECT_LIMIT.toMillis());
        config.setReadOnly(true);
        config.setAutoCommit(false);
        config.addDataSourceProperty("ApplicationName", "trace-archiver-query");
        config.addDataSourceProperty("connectTimeout", Long.toString(CONNECT_LIMIT.toSeconds()));
        config.addDataSourceProperty("socketTimeout", Integer.toString(SOCKET_SECONDS));
        this.pool = new HikariDataSource(config);
    }

    /**
     * Runs {@code query} on a thread that may wait.
     *
     * @return what it gives, or {@link ArchiveUnavailableException}
     */
    <T> Mono<T> read(Query<T> query) {
        Callable<T> transaction = () -> now(query);
        return Mono.fromCallable(transaction)
                .subscribeOn(threads)
                .onErrorMap(
                        RejectedExecutionException.class,
                        e -> new ArchiveUnavailableException(
                                "archive_busy", "Too many queries wait for the archive. Try again soon.", e));
    }

    /** Runs {@code query} on this thread. */
    <T> T now(Query<T> query) {
        try (Connection connection = pool.getConnection()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET LOCAL statement_timeout = " + STATEMENT_LIMIT.toMillis());
                return query.run(connection);
            } finally {
                connection.rollback();
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private static RuntimeException failure(SQLException e) {
        String state = e.getSQLState();
        if (CANCELLED.equals(state)) {
            return new ArchiveUnavailableException(
                    "query_timeout",
                    "The query took longer than %d s. Ask for less time, or name a service and an operation."
                            .formatted(STATEMENT_LIMIT.toSeconds()),
                    e);
        }
        if (state != null && state.startsWith(DATA)) {
            return new InvalidParameterException(
                    "tag", "has a value that the database can't compare", "Use a plain text or number");
        }
        boolean away = e instanceof SQLTransientConnectionException
                || state == null
                || state.equals(NO_TABLE)
                || state.startsWith("08")
                || state.startsWith("57P");
        return away
                ? new ArchiveUnavailableException(
                        "archive_unavailable", "The archive can't be read now. Try again soon.", e)
                : new IllegalStateException("the archive refused a query, SQL state " + state, e);
    }

    @Override
    public void close() {
        threads.dispose();
        pool.close();
    }

    /** What is done within one transaction. */
    interface Query<T> {
        T run(Connection connection) throws SQLException;
    }
}
