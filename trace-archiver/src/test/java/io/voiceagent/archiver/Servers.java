package io.voiceagent.archiver;

import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A broker and a Postgres for all tests of this JVM, started when first asked for. */
public final class Servers {

    private static @Nullable EmbeddedBroker broker;
    private static @Nullable EmbeddedPostgresServer postgres;

    private Servers() {}

    public static synchronized EmbeddedBroker broker() {
        if (broker == null) {
            EmbeddedBroker started = EmbeddedBroker.start(directory("broker"), 0);
            Runtime.getRuntime().addShutdownHook(new Thread(started::close));
            broker = started;
        }
        return broker;
    }

    public static synchronized EmbeddedPostgresServer postgres() {
        if (postgres == null) {
            EmbeddedPostgresServer started = EmbeddedPostgresServer.start(directory("postgres"), 0);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    started.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
            postgres = started;
        }
        return postgres;
    }

    private static Path directory(String name) {
        try {
            // In the module's own target, so that what a killed run leaves behind goes with the next clean build.
            return Files.createTempDirectory(Files.createDirectories(Path.of("target", "servers")), name)
                    .toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
