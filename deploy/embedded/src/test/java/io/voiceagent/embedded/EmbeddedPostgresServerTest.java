package io.voiceagent.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresServerTest {

    @Test
    void keepsRowsAndPasswordOverARestart(@TempDir Path dir) throws Exception {
        String password;
        try (var server = EmbeddedPostgresServer.start(dir, 0)) {
            password = server.password();
            try (var connection = connect(server)) {
                write(connection);
            }
        }

        try (var server = EmbeddedPostgresServer.start(dir, 0);
                var connection = connect(server)) {
            assertThat(server.password()).isEqualTo(password);
            assertThat(readNote(connection)).isEqualTo("kept");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("password"))))
                .isEqualTo("rw-------");
    }

    @Test
    void wantsThePassword(@TempDir Path dir) throws Exception {
        try (var server = EmbeddedPostgresServer.start(dir, 0)) {
            for (String user : new String[] {server.user(), "postgres"}) {
                assertThatThrownBy(() -> DriverManager.getConnection(server.jdbcUrl(), user, "wrong"))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("password authentication failed");
            }
        }
    }

    @Test
    void refusesADirectoryThatIsInUseAndLeavesItsServerAlone(@TempDir Path dir) throws Exception {
        try (var server = EmbeddedPostgresServer.start(dir, 0)) {
            assertThatThrownBy(() -> EmbeddedPostgresServer.start(dir, 0))
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining("already running on " + dir);
            try (var connection = connect(server)) {
                assertThat(connection.isValid(5)).isTrue();
            }
        }
    }

    @Test
    void failsOnABusyPortAndCanStartAfterwards(@TempDir Path dir) throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = taken.getLocalPort();
            assertThatThrownBy(() -> EmbeddedPostgresServer.start(dir, port))
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + port);
        }
        try (var server = EmbeddedPostgresServer.start(dir, 0);
                var connection = connect(server)) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void takesOverFromAProcessThatWasKilled(@TempDir Path dir) throws Exception {
        startAndKill(dir, Path.of(System.getProperty("java.io.tmpdir")));

        try (var server = EmbeddedPostgresServer.start(dir, 0);
                var connection = connect(server)) {
            assertThat(readNote(connection)).isEqualTo("kept");
        }
    }

    @Test
    void unpacksAnewWhatAKilledProcessWasUnpacking(@TempDir Path dir) throws Exception {
        Path temp = Files.createDirectories(dir.resolve("temp"));
        startAndKill(dir.resolve("first"), temp);
        LeftBehind.stop(dir.resolve("first/cluster/postmaster.pid"));
        List<Path> files;
        try (var tree = Files.walk(temp)) {
            files = tree.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
        for (Path file : files) { // as if it had come to the symbolic links and not to what they point to
            Files.delete(file);
        }

        startAndKill(dir.resolve("second"), temp);
        LeftBehind.stop(dir.resolve("second/cluster/postmaster.pid"));

        assertThat(files)
                .filteredOn(file -> file.endsWith("postgres"))
                .singleElement()
                .satisfies(file -> assertThat(file).exists());
    }

    @Test
    void makesAnewTheClusterThatAKilledProcessWasMaking(@TempDir Path dir) throws Exception {
        Path cluster = Files.createDirectories(dir.resolve("cluster"));
        Files.writeString(cluster.resolve("postgresql.conf"), "");

        try (var server = EmbeddedPostgresServer.start(dir, 0);
                var connection = connect(server)) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    /** Starts a server from a JVM of its own, writes a row, and kills that JVM. */
    private static void startAndKill(Path dir, Path temp) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + temp,
                        "-cp",
                        System.getProperty("java.class.path"),
                        EmbeddedPostgresMain.class.getName(),
                        dir.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            try (var connection = DriverManager.getConnection(output.readLine())) {
                write(connection);
            }
        } finally {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    private static Connection connect(EmbeddedPostgresServer server) throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    private static void write(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("create table notes (note text not null)");
            statement.execute("insert into notes values ('kept')");
        }
    }

    private static String readNote(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("select note from notes")) {
            rows.next();
            return rows.getString(1);
        }
    }
}
