package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of the archiver and of its database while spans come: each is a row, once. With {@code
 * -Darchive.spans=1000000} it takes as many; {@link ArchiveBench} also measures.
 */
class KilledArchiverTest {

    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final int SPANS = Integer.getInteger("archive.spans", 40_000);
    private static final int RECORDS = SPANS / SpanLoad.PAYLOAD_SPANS;
    private static final String ROWS = " FROM trace_spans WHERE service_name = '" + SpanLoad.SERVICE + "'";

    @Test
    void everySpanIsARowOnce(@TempDir Path directory) throws Exception {
        List<String> options = List.of("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
        try (ArchiveCluster cluster = ArchiveCluster.start(directory, options)) {
            cluster.startArchiver();
            SpanLoad.send(cluster.bootstrapServers(), 0, SPANS);

            awaitArchived(cluster, RECORDS / 4);
            cluster.killArchiver();
            awaitArchived(cluster, RECORDS / 2);
            cluster.killPostgres();

            Cluster.await("all rows", PATIENCE, () -> cluster.rows() >= SPANS);
            assertThat(cluster.number("SELECT count(*)" + ROWS)).isEqualTo(SPANS);
            assertThat(cluster.number("SELECT count(DISTINCT span_id)" + ROWS)).isEqualTo(SPANS);
        }
    }

    private static void awaitArchived(ArchiveCluster cluster, long records) {
        Cluster.await(records + " records", PATIENCE, () -> cluster.recordsArchived() >= records);
    }
}
