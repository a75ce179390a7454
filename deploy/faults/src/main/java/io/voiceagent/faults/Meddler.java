package io.voiceagent.faults;

import io.voiceagent.messages.Headers;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.TopicSpecs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A stranger at one topic, who writes records of its own behind those that come by. */
final class Meddler implements AutoCloseable {
    private static final String MARK = "meddled";
    private static final Duration POLL = Duration.ofMillis(50);
    /** A late copy comes after so many other records of its partition. */
    private static final int LATE_BY = 5;
    /** Not every record is followed by poison, or nothing else would be in the log. */
    private static final int ONE_IN = 4;

    private static final byte[] NO_JSON = "no json".getBytes(StandardCharsets.UTF_8);
    private static final byte[] EMPTY = "{}".getBytes(StandardCharsets.UTF_8);

    /** What it writes. */
    enum Way {
        /** Each record once more, at once. */
        COPIES,
        /** Each record once more, after later ones: what is read last is old. */
        LATE_COPIES,
        /** What is not JSON, is of a wrong shape, of a version to come, without a value, or too large. */
        POISON
    }

    private final String topic;
    private final Way way;
    private final Random random;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Map<Integer, Deque<ConsumerRecord<byte[], byte[]>>> held = new java.util.HashMap<>();
    private final Thread thread;
    private volatile boolean closed;
    private volatile int written;

    private Meddler(String bootstrapServers, String topic, Way way, long seed) {
        this.topic = topic;
        this.way = way;
        this.random = new Random(seed);
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "max.request.size", 2 * TopicSpecs.MAX_RECORD_BYTES),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        consumer.assign(partitions);
        // Of tables there is nothing new to come
        if (Set.of(Topics.TOOLS, Topics.USAGE).contains(topic)) {
            consumer.seekToBeginning(partitions);
        } else {
            consumer.seekToEnd(partitions);
        }
        partitions.forEach(consumer::position);
        thread = Thread.ofPlatform().name("meddler").daemon().unstarted(this::run);
    }

    static Meddler start(String bootstrapServers, String topic, Way way, long seed) {
        Meddler meddler = new Meddler(bootstrapServers, topic, way, seed);
        if (way == Way.POISON) {
            meddler.writeTooLarge();
        }
        meddler.thread.start();
        return meddler;
    }

    /** How many records it has written. */
    int written() {
        return written;
    }

    /** Records on all dead-letter topics, ever. */
    static long deadLetters(String bootstrapServers) {
        try (KafkaConsumer<byte[], byte[]> look = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = look.listTopics().entrySet().stream()
                    .filter(entry -> entry.getKey().endsWith(Topics.DLT_SUFFIX))
                    .flatMap(entry -> entry.getValue().stream())
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            return look.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    private void run() {
        try (consumer;
                producer) {
            while (!closed) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.headers().lastHeader(MARK) == null && record.value() != null) {
                        answer(record).forEach(this::write);
                    }
                }
            }
            held.values().forEach(late -> late.forEach(record -> write(copy(record))));
        }
    }

    private Collection<ProducerRecord<byte[], byte[]>> answer(ConsumerRecord<byte[], byte[]> record) {
        return switch (way) {
            case COPIES -> List.of(copy(record));
            case LATE_COPIES -> {
                Deque<ConsumerRecord<byte[], byte[]>> late =
                        held.computeIfAbsent(record.partition(), _ -> new ArrayDeque<>());
                late.addLast(record);
                yield late.size() > LATE_BY ? List.of(copy(late.removeFirst())) : List.of();
            }
            case POISON -> random.nextInt(ONE_IN) == 0 ? poison(record) : List.of();
        };
    }

    private ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record) {
        return strange(record, record.key(), record.value(), null);
    }

    private List<ProducerRecord<byte[], byte[]>> poison(ConsumerRecord<byte[], byte[]> record) {
        byte[] shape =
                ("{\"type\":\"" + header(record, Headers.TYPE) + "\",\"ref\":7}").getBytes(StandardCharsets.UTF_8);
        List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>();
        // A step of a turn that can't be read leaves the turn untold, and a table's last record of a key is what counts
        boolean foreign = topic.equals(Topics.STEPS) || topic.equals(Topics.TOOLS) || topic.equals(Topics.USAGE);
        byte[] key = foreign ? "strange".getBytes(StandardCharsets.UTF_8) : record.key();
        String turn = foreign ? anyTurn(record.partition()) : null;
        all.add(strange(record, key, NO_JSON, turn));
        all.add(strange(record, key, EMPTY, turn));
        all.add(strange(record, key, shape, turn));
        ProducerRecord<byte[], byte[]> ofTomorrow = strange(record, key, record.value(), turn);
        ofTomorrow
                .headers()
                .remove(Headers.SCHEMA_VERSION)
                .add(Headers.SCHEMA_VERSION, "99".getBytes(StandardCharsets.UTF_8));
        all.add(ofTomorrow);
        ProducerRecord<byte[], byte[]> headless = strange(record, key, NO_JSON, turn);
        headless.headers().remove(Headers.TYPE).remove(Headers.SCHEMA_VERSION).add(Headers.SCHEMA_VERSION, null);
        all.add(headless);
        if (!foreign || topic.equals(Topics.STEPS)) {
            all.add(strange(record, key, null, turn));
        }
        return all;
    }

    private static String anyTurn(int partition) {
        byte[] signed = ResponseId.signedBytes(1, ResponseId.conversation(partition, 1), Instant.now(), 1);
        return ResponseId.format(signed, new byte[ResponseId.MAC_BYTES]);
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        var header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    private ProducerRecord<byte[], byte[]> strange(
            ConsumerRecord<byte[], byte[]> record,
            byte @org.jspecify.annotations.Nullable [] key,
            byte @org.jspecify.annotations.Nullable [] value,
            @org.jspecify.annotations.Nullable String turn) {
        RecordHeaders headers = new RecordHeaders(record.headers());
        headers.add(MARK, new byte[0]);
        if (turn != null) {
            headers.remove(Headers.RESPONSE_ID);
            headers.add(Headers.RESPONSE_ID, turn.getBytes(StandardCharsets.UTF_8));
        }
        return new ProducerRecord<>(topic, record.partition(), key, value, headers);
    }

    /** Larger than what a reader could put aside whole. */
    private void writeTooLarge() {
        boolean small = Set.of(Topics.STREAM, Topics.WORKERS, Topics.TOOLS, Topics.USAGE)
                .contains(topic);
        int size = (small ? TopicSpecs.MAX_SMALL_RECORD_BYTES : TopicSpecs.MAX_RECORD_BYTES) + (40 << 10);
        RecordHeaders headers = new RecordHeaders();
        headers.add(MARK, new byte[0]);
        for (TopicPartition partition : consumer.assignment()) {
            write(new ProducerRecord<>(
                    topic, partition.partition(), "strange".getBytes(StandardCharsets.UTF_8), new byte[size], headers));
        }
        producer.flush();
    }

    private void write(ProducerRecord<byte[], byte[]> record) {
        producer.send(record);
        written++;
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
