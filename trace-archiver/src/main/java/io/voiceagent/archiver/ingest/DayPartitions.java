package io.voiceagent.archiver.ingest;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the day partitions of a table ahead of time. A row whose day has none is not lost: it lies in the default
 * partition and moves when its day's is made.
 *
 * @param table partitioned by day (UTC)
 * @param keyColumn the column that it is partitioned by
 */
public record DayPartitions(String table, String keyColumn) {

    private static final Logger log = LoggerFactory.getLogger(DayPartitions.class);

    /** Days back: what a topic still holds when the archiver was away for as long as the topic keeps its records. */
    static final int DAYS_BACK = 3;

    /** Days ahead: for so long may this fail before rows go to the default partition. */
    static final int DAYS_AHEAD = 7;

    /** Makes what is missing around today and returns how many partitions that were. */
    public int ensure(DataSource dataSource, Clock clock) throws SQLException {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement =
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
    }
}
