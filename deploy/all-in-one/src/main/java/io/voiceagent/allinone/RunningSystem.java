package io.voiceagent.allinone;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Everything in this process, for a program that drives it over HTTP, such as a test with a client library. */
public final class RunningSystem implements AutoCloseable {

    private final Options options;
    private final DataDirectory directory;
    private final LocalSystem system;
    private final String apiKeys;
    private @Nullable Database database;
    private @Nullable String kafka;

    private RunningSystem(Options options, DataDirectory directory, LocalSystem system, String apiKeys) {
        this.options = options;
        this.directory = directory;
        this.system = system;
        this.apiKeys = apiKeys;
    }

    /**
     * Starts everything and returns when a turn can be sent.
     *
     * @param data keeps everything, so that a later start on the same directory goes on where this one ended
     * @param port the API's port on 127.0.0.1, 1 to 65535
     * @param environment what the environment would say: a model, limits, {@code SIM_…} for the pace of a simulated model
     * @param progress is told of each part that is ready
     * @throws StartFailure when a part does not start; those that did are ended
     */
    public static RunningSystem start(Path data, int port, Map<String, String> environment, PrintStream progress)
            throws InterruptedException, IOException {
        var options = new Options(port, data, false);
        var settings = new Settings(environment);
        DataDirectory directory = DataDirectory.open(data, false, options.url());
        var system = new LocalSystem(options, directory, settings, new Progress(progress));
        var running = new RunningSystem(options, directory, system, settings.apiKeys(directory));
        try {
            var servers = system.start();
            running.kafka = servers.kafka();
            running.database = new Database(servers.jdbcUrl(), servers.postgresUser(), servers.postgresPassword());
        } catch (RuntimeException | InterruptedException e) {
            running.close();
            throw e;
        }
        return running;
    }

    /** Where the API is, without a path. */
    public String url() {
        return options.url();
    }

    /** A key of the first tenant. */
    public String apiKey() {
        return Settings.firstKey(apiKeys);
    }

    /** Where the archive is. */
    public Database database() {
        return Objects.requireNonNull(database, "not started");
    }

    /** For {@code bootstrap.servers}. */
    public String kafka() {
        return Objects.requireNonNull(kafka, "not started");
    }

    /** What a client of the database needs. */
    public record Database(String jdbcUrl, String user, String password) {}

    /** Ends everything within ten seconds; the data stays. */
    @Override
    public void close() throws IOException {
        system.close();
        directory.close();
    }
}
