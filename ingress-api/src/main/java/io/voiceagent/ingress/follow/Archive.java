package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.fold.ResponseEvent;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.zip.GZIPInputStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;

/** Responses that ended, as the archiver has written them to the table {@code responses.responses}. Blocks the caller. */
final class Archive {
    /** In one statement, so that the row and the place are of the same moment. */
    private static final String SELECT = """
            SELECT r.tenant, r.body, r.events, (SELECT o.next_offset FROM responses.kafka_offsets o
                WHERE o.topic = ? AND o.partition = ? ORDER BY o.updated_at DESC LIMIT 1)
            FROM responses.responses r WHERE r.response_id = ?""";

    private static final String SELECT_INPUT =
            "SELECT input_items FROM responses.responses WHERE response_id = ? AND deleted_at IS NULL";
    private static final TypeReference<List<Item>> ITEMS = new TypeReference<>() {};
    private static final int TIMEOUT_SECONDS = 3;

    /**
     * A row.
     *
     * @param body the final response object, null when it was deleted
     * @param upTo the archive holds all that the steps say below this offset of the response's partition, deletions too
     */
    record Archived(String tenant, @Nullable String body, List<ResponseEvent> events, long upTo) {}

    private final DataSource database;

    Archive(DataSource database) {
        this.database = database;
    }

    /**
     * The response, null when the archive does not have it.
     *
     * @throws SQLException when the archive can't be read, or is not there yet
     * @throws IOException when its events are damaged
     */
    @Nullable
    Archived find(ResponseId id) throws SQLException, IOException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setQueryTimeout(TIMEOUT_SECONDS);
            select.setString(1, Topics.STEPS);
            select.setInt(2, id.partition());
            select.setString(3, id.toString());
            try (ResultSet rows = select.executeQuery()) {
                return rows.next()
                        ? new Archived(rows.getString(1), rows.getString(2), events(rows.getBytes(3)), rows.getLong(4))
                        : null;
            }
        }
    }

    /**
     * What the turn was submitted with, null when the archive does not have it.
     *
     * @throws SQLException when the archive can't be read, or is not there yet
     */
    @Nullable
    List<Item> input(String id) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(SELECT_INPUT)) {
            select.setQueryTimeout(TIMEOUT_SECONDS);
            select.setString(1, id);
            try (ResultSet rows = select.executeQuery()) {
                String items = rows.next() ? rows.getString(1) : null;
                return items == null ? null : Json.mapper().readValue(items, ITEMS);
            }
        }
    }

    private static List<ResponseEvent> events(byte @Nullable [] gzip) throws IOException {
        if (gzip == null) {
            return List.of();
        }
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(new ByteArrayInputStream(gzip)), StandardCharsets.UTF_8))) {
            return lines.lines().map(Archive::event).toList();
        }
    }

    private static ResponseEvent event(String json) {
        JsonNode event = Json.tree(json);
        return new ResponseEvent(
                event.required("sequence_number").longValue(),
                event.required("type").stringValue(),
                json);
    }
}
