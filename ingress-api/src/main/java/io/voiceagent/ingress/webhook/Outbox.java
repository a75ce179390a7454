package io.voiceagent.ingress.webhook;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The deliveries that are still to be made, and the reader's positions, in Postgres. All times are the database's. Blocks; every method throws
 * Spring's {@code DataAccessException} or {@code TransactionException} when the database is away.
 */
final class Outbox {
    /** How long a claim holds; longer than any attempt takes. */
    static final Duration CLAIM = Duration.ofSeconds(60);

    private static final Duration KEPT = Duration.ofDays(30);
    private static final int SWEEP_ROWS = 1_000;
    private static final String MOVE = """
            UPDATE webhooks.positions SET next_offset = ? WHERE topic_id = ? AND partition = ? AND next_offset = ?""";
    private static final String INSERT = """
            INSERT INTO webhooks.deliveries (id, tenant, endpoint, url, response_id, event_type, body)
            SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT FROM webhooks.disabled WHERE fingerprint = ?)
            ON CONFLICT (id) DO NOTHING""";
    /** Of each endpoint as many as there is room for, the longest due first. Rows that another sender is claiming are left to it. */
    private static final String CLAIM_DUE = """
            UPDATE webhooks.deliveries d
            SET attempts = d.attempts + 1, last_attempt_at = now(), next_attempt_at = now() + make_interval(secs => :claim)
            FROM unnest(string_to_array(:endpoints, ','), string_to_array(:rooms, ',')::int[]) AS e (endpoint, room)
            CROSS JOIN LATERAL (
                SELECT id FROM webhooks.deliveries
                WHERE endpoint = e.endpoint AND state = 'pending' AND next_attempt_at <= now()
                ORDER BY next_attempt_at LIMIT e.room FOR UPDATE SKIP LOCKED) AS due
            WHERE d.id = due.id
            RETURNING d.id, d.endpoint, d.body, d.attempts, extract(epoch FROM now() - d.created_at) AS age""";

    /** A move of a position, by compare-and-set. */
    record Move(int partition, long expected, long next) {}

    /**
     * A delivery that is this sender's for the time of the claim.
     *
     * @param attempts with the one that is to be made now
     * @param age since it was stored
     */
    record Claimed(String id, String endpoint, String body, int attempts, Duration age) {}

    /**
     * What waits.
     *
     * @param pending deliveries that have not ended
     * @param overdueSeconds how long the longest due one has waited, 0 when none is due
     */
    record Waiting(long pending, double overdueSeconds) {}

    private final DataSource database;
    private final JdbcClient jdbc;
    private final JdbcTemplate batches;
    private final TransactionTemplate transaction;
    private volatile boolean migrated;

    Outbox(DataSource database) {
        this.database = database;
        this.batches = new JdbcTemplate(database);
        this.jdbc = JdbcClient.create(batches);
        this.transaction = new TransactionTemplate(new DataSourceTransactionManager(database));
    }

    /** Makes the tables, or brings them up to date; of several callers one does. */
    void migrate() {
        if (!migrated) {
            Flyway.configure()
                    .dataSource(database)
                    .locations("classpath:db/webhooks")
                    .schemas("webhooks")
                    .table("schema_migrations")
                    .load()
                    .migrate();
            migrated = true;
        }
    }

    /** Whether {@link #migrate} was done. */
    boolean migrated() {
        return migrated;
    }

    Map<Integer, Long> positions(String topicId) {
        Map<Integer, Long> positions = new HashMap<>();
        jdbc.sql("SELECT partition, next_offset FROM webhooks.positions WHERE topic_id = ?")
                .param(topicId)
                .query(row -> {
                    positions.put(row.getInt(1), row.getLong(2));
                });
        return positions;
    }

    /** Where reading begins; a position that is there already stays. */
    void createPosition(String topicId, int partition, long offset) {
        jdbc.sql("INSERT INTO webhooks.positions VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                .params(topicId, partition, offset)
                .update();
    }

    /**
     * Stores deliveries and moves the positions behind what they come from: both or none.
     *
     * @throws PositionLostException another reader has moved one of the positions; nothing is stored
     */
    void append(String topicId, List<Move> moves, List<Delivery> deliveries) {
        transaction.executeWithoutResult(status -> {
            for (Move move : moves) {
                int moved = batches.update(MOVE, move.next(), topicId, move.partition(), move.expected());
                if (moved != 1) {
                    throw new PositionLostException(move.partition());
                }
            }
            batches.batchUpdate(INSERT, deliveries, Math.max(1, deliveries.size()), (insert, delivery) -> {
                insert.setString(1, delivery.id());
                insert.setString(2, delivery.endpoint().tenant());
                insert.setString(3, delivery.endpoint().id());
                insert.setString(4, delivery.endpoint().url().toString());
                insert.setString(5, delivery.responseId());
                insert.setString(6, delivery.type().wire());
                insert.setString(7, delivery.body());
                insert.setString(8, delivery.endpoint().fingerprint());
            });
        });
    }

    /** Claims what is due, of each endpoint at most so many. */
    List<Claimed> claim(Map<String, Integer> rooms) {
        return jdbc.sql(CLAIM_DUE)
                .param("claim", CLAIM.toSeconds())
                .param("endpoints", String.join(",", rooms.keySet()))
                .param(
                        "rooms",
                        String.join(
                                ",",
                                rooms.values().stream().map(Object::toString).toList()))
                .query((row, number) -> new Claimed(
                        row.getString("id"),
                        row.getString("endpoint"),
                        row.getString("body"),
                        row.getInt("attempts"),
                        Duration.ofMillis(Math.round(row.getDouble("age") * 1_000))))
                .list();
    }

    /** It is to be tried again. Does nothing when the claim is somebody else's by now. */
    void retry(Claimed claimed, Duration after, @Nullable Integer status, String error) {
        jdbc.sql("""
                        UPDATE webhooks.deliveries
                        SET next_attempt_at = now() + make_interval(secs => ?), last_status = ?, last_error = ?
                        WHERE id = ? AND attempts = ? AND state = 'pending'""")
                .param(after.toMillis() / 1e3)
                .param(status)
                .param(error)
                .param(claimed.id())
                .param(claimed.attempts())
                .update();
    }

    /** It was delivered. Counts also when the claim has run out: it was delivered all the same. */
    void delivered(Claimed claimed, int status) {
        end(claimed, "delivered", status, null);
    }

    void giveUp(Claimed claimed, @Nullable Integer status, String error) {
        end(claimed, "given_up", status, error);
    }

    /** Nothing more is sent to this endpoint as it is configured now. */
    void disable(Endpoint endpoint, String error) {
        transaction.executeWithoutResult(status -> {
            jdbc.sql("INSERT INTO webhooks.disabled (fingerprint, tenant, url) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                    .params(
                            endpoint.fingerprint(),
                            endpoint.tenant(),
                            endpoint.url().toString())
                    .update();
            jdbc.sql("""
                            UPDATE webhooks.deliveries SET state = 'given_up', ended_at = now(), last_error = ?
                            WHERE endpoint = ? AND state = 'pending'""").params(error, endpoint.id()).update();
        });
    }

    private void end(Claimed claimed, String state, @Nullable Integer status, @Nullable String error) {
        jdbc.sql("""
                        UPDATE webhooks.deliveries SET state = ?, ended_at = now(), last_status = ?, last_error = ?
                        WHERE id = ? AND state = 'pending'""")
                .param(state)
                .param(status)
                .param(error)
                .param(claimed.id())
                .update();
    }

    /** Gives up what nobody has an endpoint for any more, and forgets what ended long ago. */
    void sweep() {
        jdbc.sql("""
                        UPDATE webhooks.deliveries
                        SET state = 'given_up', ended_at = now(), last_error = coalesce(last_error, 'the endpoint is not configured any more')
                        WHERE id IN (SELECT id FROM webhooks.deliveries
                            WHERE state = 'pending' AND next_attempt_at <= now() AND created_at < now() - make_interval(secs => ?)
                            LIMIT ? FOR UPDATE SKIP LOCKED)""")
                .params(RetryPolicy.MAX_AGE.plusHours(1).toSeconds(), SWEEP_ROWS)
                .update();
        jdbc.sql("""
                        DELETE FROM webhooks.deliveries WHERE id IN (SELECT id FROM webhooks.deliveries
                            WHERE ended_at < now() - make_interval(secs => ?) LIMIT ? FOR UPDATE SKIP LOCKED)""").params(KEPT.toSeconds(), SWEEP_ROWS).update();
    }

    Waiting waiting() {
        return jdbc.sql("""
                        SELECT count(*), coalesce(extract(epoch FROM max(now() - next_attempt_at)), 0)
                        FROM webhooks.deliveries WHERE state = 'pending'""")
                .query((row, number) -> new Waiting(row.getLong(1), Math.max(0, row.getDouble(2))))
                .single();
    }

    /** The place of a tenant's delivery in the log, null when it has none of that id. */
    @Nullable
    Long place(String tenant, String id) {
        return jdbc.sql("SELECT seq FROM webhooks.deliveries WHERE tenant = ? AND id = ?")
                .params(tenant, id)
                .query(Long.class)
                .optional()
                .orElse(null);
    }

    /** Entries of a tenant before that place, newest first. */
    List<DeliveryLog.Entry> entries(String tenant, int limit, long before) {
        return jdbc.sql("""
                        SELECT * FROM webhooks.deliveries WHERE tenant = ? AND seq < ? ORDER BY seq DESC LIMIT ?""")
                .params(tenant, before, limit)
                .query((row, number) -> entry(row))
                .list();
    }

    private static DeliveryLog.Entry entry(ResultSet row) throws SQLException {
        String state = row.getString("state");
        return new DeliveryLog.Entry(
                row.getString("id"),
                row.getString("event_type"),
                row.getString("response_id"),
                row.getString("url"),
                state,
                row.getInt("attempts"),
                row.getTimestamp("created_at").toInstant(),
                state.equals("pending") ? row.getTimestamp("next_attempt_at").toInstant() : null,
                row.getObject("last_status", Integer.class),
                row.getString("last_error"),
                row.getTimestamp("ended_at") == null
                        ? null
                        : row.getTimestamp("ended_at").toInstant());
    }
}
