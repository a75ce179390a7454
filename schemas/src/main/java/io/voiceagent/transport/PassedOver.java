package io.voiceagent.transport;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records that a reader can't read and does not put aside, since every process reads them and they stay where they are: each is counted as
 * {@code voice_agent_records_passed_over_total} by topic, and one in a while is told in the log.
 *
 * <p>Safe for use by several threads.
 */
public final class PassedOver {
    private static final Logger LOG = LoggerFactory.getLogger(PassedOver.class);
    /** A worker of another version announces itself every second. */
    private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

    private final MeterRegistry registry;
    private final Map<String, AtomicLong> told = new ConcurrentHashMap<>();

    /** @param registry where they are counted */
    public PassedOver(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Shows the topic with a count of none, so that the first one is seen as a rise. */
    public PassedOver of(String topic) {
        counter(topic);
        return this;
    }

    /** This record was passed over, for that reason. */
    public void add(ConsumerRecord<?, ?> record, Throwable reason) {
        counter(record.topic()).increment();
        long now = System.nanoTime();
        AtomicLong last = told.computeIfAbsent(record.topic(), _ -> new AtomicLong(now - QUIET_NANOS));
        long before = last.get();
        if (now - before >= QUIET_NANOS && last.compareAndSet(before, now)) {
            LOG.warn(
                    "Record {}-{}@{} is passed over, and those like it within a minute untold: {}",
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    reason.toString());
        }
    }

    private Counter counter(String topic) {
        return Counter.builder("voice.agent.records.passed.over")
                .description("Records that could not be read, and were left where they are")
                .tag("topic", topic)
                .register(registry);
    }
}
