package io.voiceagent.archiver.config;

import io.voiceagent.transport.StartFailure;
import java.sql.SQLException;

/** A database that the service can't begin to work with; the message names the variable and the remedy. */
public final class PostgresUnavailableException extends RuntimeException implements StartFailure {

    private static final long serialVersionUID = 1L;

    PostgresUnavailableException(PostgresSettings settings, SQLException cause) {
        super(explain(settings, cause), cause);
    }

    /** Whether waiting may help: the server can't be reached yet, or is starting. */
    static boolean mayPass(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return !state.startsWith("28") && !state.startsWith("3D");
    }

    private static String explain(PostgresSettings settings, SQLException cause) {
        String state = String.valueOf(cause.getSQLState());
        String url = settings.url();
        if (state.startsWith("28")) { // invalid authorization
            return "Postgres at %s refuses user %s (%s). Set POSTGRES_USER and POSTGRES_PASSWORD to an account that may log in"
                    .formatted(url, settings.user(), cause.getMessage());
        }
        if (state.startsWith("3D")) { // invalid catalog name
            return "The database of %s does not exist. Create it, or set POSTGRES_URL to one that does".formatted(url);
        }
        return "Postgres can't be reached at %s (%s). Start it, or set POSTGRES_URL to jdbc:postgresql://host:port/database"
                .formatted(url, cause.getMessage());
    }
}
