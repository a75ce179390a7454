package io.voiceagent.archiver.responses;

import io.voiceagent.archiver.ingest.DeadLetters.Letter;
import io.voiceagent.archiver.responses.ResponseWriter.Batch;
import io.voiceagent.archiver.responses.ResponseWriter.Position;
import io.voiceagent.messages.StepEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/** The open turns of all partitions that a session reads, and the positions that are stored for them. */
final class AssignedTurns {

    /** By how much log time one log may be read ahead of the other while that one has more. */
    private static final Duration AHEAD = Duration.ofSeconds(5);

    private final ArchiveLimits limits;
    private final Map<Integer, OpenTurns> turns = new HashMap<>();
    private final Map<Integer, Position> stored = new HashMap<>();

    AssignedTurns(ArchiveLimits limits) {
        this.limits = limits;
    }

    /** Begins anew at the stored positions. */
    void begin(Map<Integer, Position> positions) {
        forget();
        stored.putAll(positions);
        positions.forEach((partition, position) ->
                turns.put(partition, new OpenTurns(limits, position.steps(), position.stream())));
    }

    void forget() {
        turns.clear();
        stored.clear();
    }

    Map<Integer, OpenTurns> byPartition() {
        return turns;
    }

    /** Takes records of one of the logs. */
    void take(
            ConsumerRecords<byte[], byte[]> records, BiConsumer<OpenTurns, ConsumerRecord<byte[], byte[]>> takeRecord) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            OpenTurns of = turns.get(record.partition());
            if (of != null) {
                takeRecord.accept(of, record);
            }
        }
    }

    /** Holds the log back that is ahead, or its records would pile up here for as long as the other is behind. */
    void balance(LogReader steps, LogReader stream) {
        turns.forEach((partition, of) -> {
            long ahead = of.streamTime() - of.stepsTime();
            stream.hold(partition, ahead > AHEAD.toMillis() && steps.behind(partition));
            steps.hold(partition, -ahead > AHEAD.toMillis() && stream.behind(partition));
        });
    }

    /** What is to be stored: what ended since the last time, and all positions that have moved. */
    Batch batch() {
        List<FinishedResponse> rows = new ArrayList<>();
        List<StepEvent.Deleted> deletions = new ArrayList<>();
        List<Letter> letters = new ArrayList<>();
        SortedMap<Integer, Position> before = new TreeMap<>();
        Map<Integer, Position> after = new HashMap<>();
        turns.forEach((partition, of) -> {
            List<FinishedResponse> ended = of.takeFinished();
            List<StepEvent.Deleted> deleted = of.takeDeletions();
            List<Letter> unread = of.takeLetters();
            Position position = new Position(of.stepsPosition(), of.streamPosition());
            Position at = stored.getOrDefault(partition, Position.BEGINNING);
            if (!ended.isEmpty() || !deleted.isEmpty() || !unread.isEmpty() || !position.equals(at)) {
                before.put(partition, at);
                after.put(partition, position);
            }
            rows.addAll(ended);
            deletions.addAll(deleted);
            letters.addAll(unread);
        });
        return new Batch(rows, deletions, letters, before, after);
    }

    /** The batch is committed. */
    void stored(Batch batch) {
        stored.putAll(batch.after());
    }

    /**
     * Gives up what will not come.
     *
     * @param stepsRead partitions of which all steps have been read that there were at {@code time}
     * @param streamRead the same of the stream
     */
    OpenTurns.Expired expire(Set<Integer> stepsRead, Set<Integer> streamRead, long time) {
        int orphans = 0;
        int given = 0;
        for (Map.Entry<Integer, OpenTurns> partition : turns.entrySet()) {
            OpenTurns of = partition.getValue();
            if (stepsRead.contains(partition.getKey())) {
                of.stepsReadUpTo(time);
            }
            if (streamRead.contains(partition.getKey())) {
                of.streamReadUpTo(time);
            }
            OpenTurns.Expired expired = of.expire();
            orphans += expired.orphans();
            given += expired.turns();
        }
        return new OpenTurns.Expired(orphans, given);
    }

    int size() {
        return turns.values().stream().mapToInt(OpenTurns::size).sum();
    }

    long bytes() {
        return turns.values().stream().mapToLong(OpenTurns::bytes).sum();
    }
}
