package io.voiceagent.archiver.query;

import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.config.FreshDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A database with traces of ten spans each, the newest a minute ago and one every 20 seconds before it: 10,000 are 100,000 spans in 56 hours. Trace
 * n has n in its id. Every 100th trace has a span that failed, every 1,000th one that took long.
 */
final class ArchivedTraces implements AutoCloseable {

    static final int SPANS = 10;
    static final String API = "voice-agent-api";
    static final String WORKER = "voice-agent-worker";
    static final String TOOLS = "voice-agent-tools";

    private static final String INSERT = """
            INSERT INTO trace_spans (trace_id, span_id, parent_span_id, service_name, name, kind, start_time, end_time,
                                     start_unix_nano, duration_ms, status, attributes, resource, events, links)
            SELECT lpad(to_hex(t), 32, '0'), lpad(to_hex(t * 16 + s + 1), 16, '0'),
                   CASE WHEN s > 0 THEN lpad(to_hex(t * 16 + 1), 16, '0') END,
                   CASE WHEN s = 0 THEN 'voice-agent-api' WHEN s < 6 THEN 'voice-agent-worker' ELSE 'voice-agent-tools' END,
                   CASE WHEN s = 0 THEN 'POST /api/v1/responses' WHEN s = 1 THEN 'agent.process_message'
                        WHEN s < 6 THEN 'agent.call_llm' ELSE 'tool.execute' END,
                   CASE WHEN s = 0 THEN 'server' WHEN s = 1 THEN 'consumer' WHEN s < 6 THEN 'client' ELSE 'internal' END,
                   at, at + duration * interval '1 millisecond', (extract(epoch FROM at) * 1000000)::bigint * 1000, duration,
                   CASE WHEN t %% 100 = 0 AND s = 3 THEN 'error' ELSE 'unset' END,
                   jsonb_build_object('turn', t::text, 'gen_ai.usage.input_tokens', s * 10, 'list', jsonb_build_array('a', 'b')),
                   jsonb_build_object('service.version', '1', 'host.name', 'host-' || t %% 3), '[]', '[]'
            FROM generate_series(0, %d) AS t, generate_series(0, %d) AS s,
                 LATERAL (SELECT '%s'::timestamptz - t * interval '20 seconds' + s * interval '5 milliseconds' AS at,
                                 CASE WHEN t %% 1000 = 0 AND s = 4 THEN 5000.0 ELSE 1.0 + s END AS duration) AS times""";

    final FreshDatabase database;
    final ReadDatabase reader;
    /** When the newest trace began. */
    final Instant newest = Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(Duration.ofMinutes(1));

    ArchivedTraces(int traces) throws SQLException {
        database = FreshDatabase.migratedOn(Servers.postgres());
        database.execute(INSERT.formatted(traces - 1, SPANS - 1, newest));
        database.execute("ANALYZE trace_spans");
        reader = new ReadDatabase(
                database.settings().url(),
                database.settings().user(),
                database.settings().password());
    }

    static String id(int number) {
        return "%032x".formatted(number);
    }

    TimeRange lastDays(int days) {
        return new TimeRange(newest.minus(Duration.ofDays(days)), newest.plusSeconds(30));
    }

    @Override
    public void close() throws SQLException {
        reader.close();
        database.close();
    }
}
