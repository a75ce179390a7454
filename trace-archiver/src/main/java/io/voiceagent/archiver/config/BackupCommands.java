package io.voiceagent.archiver.config;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.archiver.backup.BackupException;
import io.voiceagent.archiver.backup.BackupType;
import io.voiceagent.archiver.backup.Manifest;
import io.voiceagent.archiver.backup.Restore;
import io.voiceagent.archiver.backup.Restore.Existing;
import io.voiceagent.transport.Variables;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the archiver's jar does besides running: backups by hand, and their restore. It uses the service's variables. */
@Command(
        name = "trace-archiver",
        mixinStandardHelpOptions = true,
        description = "Backups of the archive. BACKUP_DIRECTORY says where they are, POSTGRES_URL, POSTGRES_USER and"
                + " POSTGRES_PASSWORD which database.")
public final class BackupCommands {

    private final Variables variables;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    private CommandSpec spec;

    private BackupCommands(Variables variables) {
        this.variables = variables;
    }

    /** Runs one command and returns its exit status: 0, 1 when it failed, 2 when it was not understood. */
    public static int run(Variables variables, PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new BackupCommands(variables))
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    String line =
                            e instanceof BackupException ? String.valueOf(e.getMessage()) : StartFailures.lastLine(e);
                    command.getErr().println(line);
                    return 1;
                })
                .execute(args);
    }

    @Command(description = "Makes a backup and restores it into a throw-away database to see that it can be.")
    int backup(
            @Parameters(defaultValue = "FULL", description = "full or incremental (${DEFAULT-VALUE})") BackupType type)
            throws BackupException {
        Manifest made = settings().runner(postgres(), new SimpleMeterRegistry()).run(type);
        out().printf("%s: %d rows, %d bytes%n", made.name(), made.rows(), made.ownBytes());
        return 0;
    }

    @Command(description = "Lists the backups that are there, oldest first.")
    int backups() throws BackupException, IOException {
        Restore restore = new Restore(settings().store());
        for (String name : settings().store().backups()) {
            Manifest backup = restore.manifest(name);
            out().printf("%s  %s  %d rows  %d bytes%n", name, backup.takenAt(), backup.rows(), backup.ownBytes());
        }
        return 0;
    }

    @Command(description = "Reads every file of a backup and compares it with its SHA-256.")
    int verify(@Parameters(defaultValue = "latest", description = "a name, or latest") String name)
            throws BackupException {
        Restore restore = new Restore(settings().store());
        Manifest manifest = restore.manifest(name);
        restore.verify(manifest);
        out().printf(
                        "%s is whole: %d files%n",
                        manifest.name(), manifest.chunks().size());
        return 0;
    }

    @Command(
            description =
                    "Brings a backup back: all of it or nothing. The database must be there; its tables are made.")
    int restore(
            @Parameters(defaultValue = "latest", description = "a name, or latest") String name,
            @Option(names = "--replace", description = "remove what the tables have; else they must be empty")
                    boolean replace)
            throws BackupException {
        Restore restore = new Restore(settings().store());
        Manifest manifest = restore.manifest(name);
        Database.open(postgres()).close();
        long rows = restore.restore(Database.plain(postgres()), manifest, replace ? Existing.REPLACE : Existing.REFUSE);
        out().printf("%s is restored: %d rows, as of %s%n", manifest.name(), rows, manifest.takenAt());
        return 0;
    }

    private BackupSettings settings() {
        return BackupSettings.from(variables);
    }

    private PostgresSettings postgres() {
        return PostgresSettings.from(variables);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
