package io.voiceagent.archiver.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.clients.consumer.ConsumerRecord;

class BatchTest {

    /** Halved until nothing can be halved, the parts move each position step by step along the same way. */
    @Property
    void halvesMoveThePositionsAlongTheSameWay(
            @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 0, max = 3) Integer> partitions,
            @ForAll @IntRange(min = 1, max = 5) int step) {
        Map<Integer, Long> begin = Map.of(0, 10L, 1, 0L, 2, 7L, 3, 1_000L);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < partitions.size(); i++) {
            int partition = partitions.get(i);
            // Offsets have gaps where the log holds what no reader sees.
            long offset = begin.get(partition) + (long) i * step;
            records.add(new ConsumerRecord<>("topic", partition, offset, null, new byte[0]));
        }
        records.sort((a, b) -> Integer.compare(a.partition(), b.partition()));
        Batch whole = Batch.of(records, begin);

        List<Batch> parts = parts(whole);

        assertThat(parts.stream().flatMap(part -> part.records().stream()).toList())
                .isEqualTo(whole.records());
        for (int partition : whole.moves().keySet()) {
            long position = begin.get(partition);
            for (Batch part : parts) {
                Move move = part.moves().get(partition);
                if (move != null) {
                    assertThat(move.expected()).isEqualTo(position);
                    position = move.next();
                }
            }
            assertThat(position).isEqualTo(whole.moves().get(partition).next());
        }
    }

    @Property(tries = 1)
    void refusesARecordOfAPartitionWithoutPosition() {
        List<ConsumerRecord<byte[], byte[]>> records = List.of(new ConsumerRecord<>("topic", 3, 0, null, new byte[0]));

        assertThatThrownBy(() -> Batch.of(records, Map.of(0, 0L)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("partition 3");
    }

    private static List<Batch> parts(Batch batch) {
        if (batch.records().size() == 1) {
            return List.of(batch);
        }
        return batch.halves().stream().flatMap(half -> parts(half).stream()).toList();
    }
}
