package io.voiceagent.agent.core;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** One partition of a topic: records in order, each with the time of its append. */
final class Log<T> {
    private final World world;
    private final List<T> records = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();
    private final List<IntConsumer> readers = new ArrayList<>();

    Log(World world) {
        this.world = world;
    }

    void append(T record) {
        records.add(record);
        times.add(world.now());
        // A reader that comes meanwhile starts behind this record
        int end = records.size();
        List.copyOf(readers).forEach(reader -> reader.accept(end));
    }

    /** From now on {@code reader} is told the log's new end at each append. */
    void follow(IntConsumer reader) {
        readers.add(reader);
    }

    void unfollow(IntConsumer reader) {
        readers.remove(reader);
    }

    int end() {
        return records.size();
    }

    T get(int offset) {
        return records.get(offset);
    }

    long timeOf(int offset) {
        return times.get(offset);
    }

    List<T> all() {
        return records;
    }
}
