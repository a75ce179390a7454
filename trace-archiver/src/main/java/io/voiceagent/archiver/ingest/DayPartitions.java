package io.voiceagent.archiver.ingest;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the day partitions of a table ahead of time, and drops those that are past their time. A row whose day has none is
 * not lost: it lies in the default partition and moves when its day's is made.
 *
 * @param table partitioned by day (UTC)
 * @param keyColumn the column that it is partitioned by
 */
public record DayPartitions(String table, String keyColumn) {

    private static final Logger log = LoggerFactory.getLogger(DayPartitions.class);

    /** Days back: what a topic still holds when the archiver was away for as long as the topic keeps its records. */
    public static final int DAYS_BACK = 3;

    /** Days ahead: for so long may this fail before rows go to the default partition. */
    static final int DAYS_AHEAD = 7;

    /** Behind a long reader this waits, and writers wait behind this: better tried again later. */
    private static final String LIMIT = "SET LOCAL lock_timeout = '3s'";

    private static final String OLD = """
            SELECT c.oid::regclass::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = ?::regclass AND c.relname ~ '_p[0-9]{8}$' AND right(c.relname, 8) < ?
            ORDER BY 1""";

    /** Makes what is missing around today and returns how many partitions that were. */
    public int ensure(DataSource dataSource, Clock clock) throws SQLException {
        LocalDate today = today(clock);
        return inTransaction(dataSource, connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT ensure_day_partitions(?::regclass, ?, ?, ?)")) {
                statement.setString(1, table);
                statement.setString(2, keyColumn);
                statement.setObject(3, today.minusDays(DAYS_BACK));
                statement.setObject(4, today.plusDays(DAYS_AHEAD));
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    int made = rows.getInt(1);
                    if (made > 0) {
                        log.info("Made {} day partitions of {}", made, table);
                    }
                    return made;
                }
            }
        });
    }

    /**
     * Drops the partitions of days that ended more than {@code days} ago, and what of the default partition is as old.
     *
     * @param days more than {@link #DAYS_BACK}, or what is dropped is made again
     * @return how many partitions were dropped
     */
    public int dropOlder(DataSource dataSource, Clock clock, int days) throws SQLException {
        LocalDate first = today(clock).minusDays(days);
        List<String> old = inTransaction(dataSource, connection -> olderThan(connection, first));
        for (String partition : old) {
            inTransaction(dataSource, connection -> {
                try (Statement statement = connection.createStatement()) {
                    return statement.execute("DROP TABLE " + partition);
                }
            });
            log.info("Dropped partition {}", partition);
        }
        int deleted = inTransaction(dataSource, connection -> deleteOlder(connection, first));
        if (deleted > 0) {
            log.info("Deleted {} old rows of {}_default", deleted, table);
        }
        return old.size();
    }

    private int deleteOlder(Connection connection, LocalDate first) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM " + table + "_default WHERE " + keyColumn + " < ?")) {
            statement.setObject(1, first.atStartOfDay().atOffset(ZoneOffset.UTC));
            return statement.executeUpdate();
        }
    }

    private List<String> olderThan(Connection connection, LocalDate first) throws SQLException {
        List<String> partitions = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(OLD)) {
            statement.setString(1, table);
            statement.setString(2, first.format(DateTimeFormatter.BASIC_ISO_DATE));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    partitions.add(rows.getString(1));
                }
            }
        }
        return partitions;
    }

    private static LocalDate today(Clock clock) {
        return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    }

    @FunctionalInterface
    private interface Body<T> {
        T run(Connection connection) throws SQLException;
    }

    private static <T> T inTransaction(DataSource dataSource, Body<T> body) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            try {
                statement.execute(LIMIT);
                T result = body.run(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        }
    }
}
