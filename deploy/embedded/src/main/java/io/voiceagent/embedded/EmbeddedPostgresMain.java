package io.voiceagent.embedded;

import java.nio.file.Path;

/**
 * Runs an {@link EmbeddedPostgresServer} until this process is told to end (SIGTERM, SIGINT).
 *
 * <p>Arguments: the data directory, the port (0 or absent: a free one). The first line on standard output is the JDBC
 * URL with user and password.
 */
public final class EmbeddedPostgresMain {

    private EmbeddedPostgresMain() {}

    /** See the class. */
    public static void main(String[] args) throws InterruptedException {
        if (args.length == 0) {
            System.err.println("Usage: EmbeddedPostgresMain DATA_DIR [PORT]");
            System.exit(2);
        }
        int port = args.length > 1 ? Integer.parseInt(args[1]) : 0;
        EmbeddedPostgresServer server = EmbeddedPostgresServer.start(Path.of(args[0]), port);
        UntilShutdown.serve(server, server.jdbcUrl() + "?user=" + server.user() + "&password=" + server.password());
    }
}
