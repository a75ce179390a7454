package io.voiceagent.faults;

import io.voiceagent.faults.ApiClient.Event;
import io.voiceagent.messages.Json;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** After all faults: an archiver that was not there before reads the logs, and must tell of each turn what its client saw. */
final class ArchiveCheck {
    private static final Duration ARCHIVED_WITHIN = Duration.ofMinutes(5);

    private ArchiveCheck() {}

    /** Starts an archiver and compares; returns what is wrong, in words. */
    static List<String> run(Cluster cluster, List<Accepted> turns) {
        ManagedProcess archiver = cluster.archiver("archiver");
        cluster.awaitHealthy(archiver);
        return compare(cluster, turns);
    }

    /** Compares with what an archiver makes that runs; returns what is wrong, in words. */
    static List<String> compare(Cluster cluster, List<Accepted> turns) {
        List<Accepted> ended =
                turns.stream().filter(turn -> turn.ended() != null).toList();
        List<String> breaches = new ArrayList<>();
        try (Connection database = DriverManager.getConnection(cluster.jdbcUrl())) {
            try {
                Cluster.await("the archive", ARCHIVED_WITHIN, () -> rows(database) >= ended.size());
            } catch (IllegalStateException e) {
                breaches.add("archived " + rows(database) + " of " + ended.size() + " turns");
            }
            for (Accepted turn : ended) {
                check(database, turn, breaches);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return breaches;
    }

    /** Whether all of these are archived; false also when the database is away. */
    static boolean has(Cluster cluster, List<Accepted> turns) {
        Object[] ids = turns.stream()
                .filter(turn -> turn.ended() != null)
                .map(Accepted::id)
                .toArray();
        try (Connection database = DriverManager.getConnection(cluster.jdbcUrl());
                PreparedStatement select = database.prepareStatement(
                        "SELECT count(*) FROM responses.responses WHERE response_id = ANY (?)")) {
            select.setArray(1, database.createArrayOf("text", ids));
            try (ResultSet rows = select.executeQuery()) {
                rows.next();
                return rows.getLong(1) == ids.length;
            }
        } catch (SQLException e) {
            return false;
        }
    }

    private static long rows(Connection database) {
        try (PreparedStatement select = database.prepareStatement("SELECT count(*) FROM responses.responses");
                ResultSet rows = select.executeQuery()) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void check(Connection database, Accepted turn, List<String> breaches) throws SQLException {
        try (PreparedStatement select =
                database.prepareStatement("SELECT body, events FROM responses.responses WHERE response_id = ?")) {
            select.setString(1, turn.id());
            try (ResultSet rows = select.executeQuery()) {
                if (!rows.next()) {
                    breaches.add(turn.id() + " is not archived");
                    return;
                }
                if (!Json.tree(rows.getString(1)).equals(Objects.requireNonNull(turn.ended()))) {
                    breaches.add(turn.id() + ": archived " + rows.getString(1) + " but streamed " + turn.ended());
                }
                List<String> archived = lines(rows.getBytes(2));
                List<String> seen = turn.events().stream().map(Event::data).toList();
                if (!archived.equals(seen)) {
                    breaches.add(
                            "%s: %d events archived, %d streamed".formatted(turn.id(), archived.size(), seen.size()));
                }
            }
        }
    }

    private static List<String> lines(byte[] gzip) {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(new ByteArrayInputStream(gzip)), StandardCharsets.UTF_8))) {
            return lines.lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
