package io.voiceagent.transport.stage;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Stage;
import java.util.Collection;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Which partition of its calls topic a new incarnation reads. */
final class PartitionChoice {
    private PartitionChoice() {}

    /**
     * One of the partitions with the fewest workers of that stage.
     *
     * @param live the last announcement of each living process
     * @param pick a number from 0 up to its argument, without it: chance, so that workers that start together spread out
     */
    static int leastUsed(Collection<? extends Announcement> live, Stage stage, int partitions, IntUnaryOperator pick) {
        int[] workers = new int[partitions];
        for (Announcement announcement : live) {
            if (announcement instanceof Announcement.Worker w
                    && w.stage() == stage
                    && w.partition() >= 0
                    && w.partition() < partitions) {
                workers[w.partition()]++;
            }
        }
        int fewest = IntStream.of(workers).min().orElseThrow();
        List<Integer> candidates = IntStream.range(0, partitions)
                .filter(p -> workers[p] == fewest)
                .boxed()
                .toList();
        return candidates.get(pick.applyAsInt(candidates.size()));
    }
}
