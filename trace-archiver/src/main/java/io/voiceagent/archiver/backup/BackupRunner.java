package io.voiceagent.archiver.backup;

import io.voiceagent.archiver.backup.PastBackup.Check;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes backups, tries them, and removes old ones; one at a time over all archivers of a database, by an advisory lock that
 * ends with its connection.
 */
public final class BackupRunner {

    private static final Logger log = LoggerFactory.getLogger(BackupRunner.class);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd't'HHmmss'z'").withZone(ZoneOffset.UTC);
    private static final String LOCK = "SELECT pg_try_advisory_lock(hashtext('voice-agent backup'))";

    private final CheckServer server;
    private final BackupStore store;
    private final BackupPolicy policy;
    private final boolean check;
    private final BackupMeters meters;
    private final Clock clock;
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();

    /** @param check whether each backup is restored into a throw-away database */
    public BackupRunner(
            CheckServer server,
            BackupStore store,
            BackupPolicy policy,
            boolean check,
            BackupMeters meters,
            Clock clock) {
        this.server = server;
        this.store = store;
        this.policy = policy;
        this.check = check;
        this.meters = meters;
        this.clock = clock;
    }

    /**
     * Makes the backup that is due, if one is.
     *
     * @return its manifest; empty: none is due, or another archiver is at it
     * @throws BackupException it failed, or its restore did; the history says so too if it can be written
     */
    public Optional<Manifest> runDue() throws BackupException {
        return locked(history -> {
            List<PastBackup> past = history.all();
            meters.observe(past);
            Optional<BackupType> due = policy.due(clock.instant(), past);
            return due.isEmpty() ? null : make(history, due.get(), past);
        });
    }

    /**
     * Makes a backup now.
     *
     * @throws BackupException as {@link #runDue}; also when there is no full backup that an incremental one could add to
     */
    public Manifest run(BackupType type) throws BackupException {
        return locked(history -> make(history, type, history.all()))
                .orElseThrow(() -> new BackupException("Another backup is under way. Try again when it has ended"));
    }

    /** Cuts what runs; it counts as failed. */
    public void abort() {
        for (Connection connection : open) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                log.warn("The connection of a backup could not be cut", e);
            }
        }
    }

    @FunctionalInterface
    private interface Work {
        @Nullable
        Manifest run(BackupHistory history) throws SQLException, IOException, BackupException;
    }

    private Optional<Manifest> locked(Work work) throws BackupException {
        try (Connection connection = connect()) {
            if (!lock(connection)) {
                return Optional.empty();
            }
            BackupHistory history = new BackupHistory(connection);
            for (String name : history.failLeftOver()) {
                log.warn("Backup {} was left unfinished and is removed", name);
                store.delete(name);
            }
            return Optional.ofNullable(work.run(history));
        } catch (SQLException | IOException e) {
            throw new BackupException("No backup could be made: " + e.getMessage(), e);
        } finally {
            open.clear();
        }
    }

    private Connection connect() throws SQLException {
        Connection connection = server.archive().getConnection();
        open.add(connection);
        return connection;
    }

    private static boolean lock(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOCK);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private Manifest make(BackupHistory history, BackupType type, List<PastBackup> past)
            throws SQLException, BackupException {
        PastBackup base = null;
        if (type == BackupType.INCREMENTAL) {
            base = BackupPolicy.latestFull(past)
                    .orElseThrow(() -> new BackupException("There is no full backup to add to. Make a full one first"));
        }
        BackupHistory.Planned planned = history.plan(type, base == null ? null : base.id());
        long id = planned.id();
        String name = TIME.format(planned.createdAt()) + "-" + type.label() + "-" + id;
        long begin = System.nanoTime();
        Manifest manifest;
        try {
            history.begin(id, name, store.location(name));
            manifest = write(history, id, name, base);
        } catch (SQLException | IOException | BackupException | RuntimeException e) {
            meters.failed(type);
            giveUp(history, id, name, e);
            throw new BackupException("Backup %s failed: %s".formatted(name, e.getMessage()), e);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        meters.completed(type, took, manifest);
        log.info("Backup {}: {} rows, {} bytes, {} ms", name, manifest.rows(), manifest.ownBytes(), took.toMillis());
        if (check) {
            check(history, id, manifest);
        }
        removeExpired(history);
        meters.observe(history.all());
        return manifest;
    }

    private Manifest write(BackupHistory history, long id, String name, @Nullable PastBackup base)
            throws SQLException, IOException, BackupException {
        String baseName = base == null ? null : base.name();
        Manifest baseManifest = baseName == null ? null : new Restore(store).manifest(baseName);
        BackupWriter.Written written;
        try (Connection snapshot = connect()) {
            written = new BackupWriter(store).write(snapshot, name, baseManifest);
        }
        history.complete(id, written, Map.of("rows", written.manifest().rowsByTable()));
        return written.manifest();
    }

    /** Records the failure as well as can be; what can't be recorded now is found by whoever gets the lock next. */
    private void giveUp(BackupHistory history, long id, String name, Exception cause) {
        try {
            store.delete(name);
        } catch (IOException e) {
            log.warn("What there is of backup {} could not be removed", name, e);
            cause.addSuppressed(e);
        }
        try {
            history.fail(id, String.valueOf(cause.getMessage()));
        } catch (SQLException e) {
            log.warn("The failure of backup {} could not be recorded", name, e);
            cause.addSuppressed(e);
        }
    }

    private void check(BackupHistory history, long id, Manifest manifest) throws SQLException, BackupException {
        try {
            RestoreCheck.Result result = new RestoreCheck(server, store).run(manifest);
            history.checked(id, Check.PASSED, null, result);
            meters.checked(true);
            log.info("Backup {} was restored and compared in {} s", manifest.name(), result.seconds());
        } catch (BackupException e) {
            meters.checked(false);
            history.checked(id, Check.FAILED, String.valueOf(e.getMessage()), Map.of());
            throw e;
        }
    }

    private void removeExpired(BackupHistory history) throws SQLException {
        for (PastBackup old : policy.expired(history.all())) {
            String name = old.name();
            if (name == null) {
                continue;
            }
            try {
                store.delete(name);
                history.removed(old.id());
                log.info("Removed backup {}", name);
            } catch (IOException e) {
                log.warn("Backup {} is past its time and could not be removed; tries again after the next", name, e);
            }
        }
    }
}
