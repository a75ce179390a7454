package io.voiceagent.archiver.backup;

import java.sql.SQLException;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * Where restores are tried.
 *
 * @param database the archive's own, whose name begins the names of those that are made
 * @param databases gives connections to a database of the server, each one new
 * @param migrate makes the tables of a new database
 */
public record CheckServer(String database, Function<String, DataSource> databases, Consumer<DataSource> migrate) {

    /** Connections to the archive's own database. */
    DataSource archive() {
        return databases.apply(database);
    }

    /** Whether it is the privilege that was missing: SQLSTATE class 42501. */
    static boolean mayNot(SQLException e) {
        return "42501".equals(e.getSQLState());
    }
}
