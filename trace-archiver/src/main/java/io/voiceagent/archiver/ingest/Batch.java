package io.voiceagent.archiver.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Records of one topic that are stored in one transaction.
 *
 * @param records in log order within each partition
 * @param moves for each of their partitions, the position before and after; sorted, so that two writers take the row
 *     locks in the same order
 */
record Batch(List<ConsumerRecord<byte[], byte[]>> records, SortedMap<Integer, Move> moves) {

    /**
     * A batch of these records.
     *
     * @param positions the stored position of every partition that has a record
     */
    static Batch of(List<ConsumerRecord<byte[], byte[]>> records, Map<Integer, Long> positions) {
        SortedMap<Integer, Move> moves = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Long expected = positions.get(record.partition());
            if (expected == null) {
                throw new IllegalArgumentException("no position for partition " + record.partition());
            }
            moves.put(record.partition(), new Move(expected, record.offset() + 1));
        }
        return new Batch(List.copyOf(records), moves);
    }

    /** Two halves that, stored one after the other, store the same. Needs two records at least. */
    List<Batch> halves() {
        int middle = records.size() / 2;
        if (middle == 0) {
            throw new IllegalStateException("a batch of " + records.size() + " records has no halves");
        }
        Map<Integer, Long> positions = new TreeMap<>();
        moves.forEach((partition, move) -> positions.put(partition, move.expected()));
        Batch first = of(records.subList(0, middle), positions);
        first.moves.forEach((partition, move) -> positions.put(partition, move.next()));
        List<Batch> halves = new ArrayList<>(2);
        halves.add(first);
        halves.add(of(records.subList(middle, records.size()), positions));
        return halves;
    }
}
