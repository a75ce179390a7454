package io.voiceagent.archiver.ingest;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Predicate;
import javax.sql.DataSource;

/** Transactions of writers that may be paused, or replaced, at any point. */
public final class Transaction {

    /** A writer that is paused between its statements, or waits for such a one, must not stop the partition. */
    private static final String LIMITS = """
            SET LOCAL idle_in_transaction_session_timeout = '15s'; SET LOCAL lock_timeout = '20s'""";

    private Transaction() {}

    /**
     * What is done in a transaction.
     *
     * @param <T> what became of it
     */
    @FunctionalInterface
    public interface Body<T> {
        T run(Connection connection) throws SQLException, DeadLetterException;
    }

    /**
     * Commits {@code body} when {@code commits} holds of its result, else takes it back.
     *
     * @throws SQLException the database can't be reached or can't write now; whether it is committed is then unknown
     * @throws DeadLetterException as thrown by the body; nothing is committed
     */
    public static <T> T run(DataSource dataSource, Body<T> body, Predicate<T> commits)
            throws SQLException, DeadLetterException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try {
                try (Statement statement = connection.createStatement()) {
                    statement.execute(LIMITS);
                }
                T result = body.run(connection);
                if (commits.test(result)) {
                    connection.commit();
                } else {
                    connection.rollback();
                }
                return result;
            } catch (SQLException | DeadLetterException | RuntimeException e) {
                rollBack(connection, e);
                throw e;
            }
        }
    }

    /** Whether it is the data, and not the state of the database, that the statement failed by. */
    public static boolean refusesData(SQLException e) {
        String state = e.getSQLState();
        return state != null
                && (state.startsWith("22") // data exception
                        || state.startsWith("23") // integrity constraint violation
                        || state.startsWith("54")); // program limit exceeded: an index entry, a nesting
    }

    private static void rollBack(Connection connection, Exception cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }
}
