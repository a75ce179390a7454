package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers.Isolation;
import io.voiceagent.transport.KafkaSettings;
import java.time.InstantSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads all totals that are kept, and goes on. */
final class UsageTail implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UsageTail.class);

    private final UsageWatcher watcher;
    private final LogTail totals;
    private volatile boolean complete;

    UsageTail(KafkaSettings kafka, String clientId, InstantSource clock, UsageWatcher watcher) {
        this.watcher = watcher;
        this.totals = new LogTail(
                kafka,
                clientId + "-usage",
                new LogTail.Plan(Topics.USAGE, kafka.agentPartitions(), Isolation.READ_COMMITTED, null),
                clock,
                new LogTail.Reader() {
                    @Override
                    public void record(ConsumerRecord<String, byte[]> record) {
                        total(record);
                    }

                    @Override
                    public void idle() {
                        tellComplete();
                    }
                });
    }

    void start() {
        totals.start();
    }

    /** Whether the watcher knows all. */
    boolean caughtUp() {
        return complete;
    }

    private void tellComplete() {
        if (!complete && totals.caughtUp()) {
            watcher.complete();
            complete = true;
        }
    }

    private void total(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            return;
        }
        try {
            watcher.used(record.partition(), Json.read(record.value(), TenantUsage.class));
        } catch (MalformedMessageException e) {
            LOG.warn("The total at {}-{}@{} is passed over", record.topic(), record.partition(), record.offset(), e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        totals.close();
    }
}
