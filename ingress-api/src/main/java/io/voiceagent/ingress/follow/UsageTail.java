package io.voiceagent.ingress.follow;

import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers.Isolation;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PassedOver;
import java.time.InstantSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads all totals that are kept, and goes on. */
final class UsageTail implements AutoCloseable {
    private final UsageWatcher watcher;
    private final PassedOver passedOver;
    private final LogTail totals;
    private volatile boolean complete;

    UsageTail(KafkaSettings kafka, String clientId, InstantSource clock, UsageWatcher watcher, PassedOver passedOver) {
        this.watcher = watcher;
        this.passedOver = passedOver.of(Topics.USAGE);
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
            watcher.used(record.partition(), LogRecord.decode(record, TenantUsage.class));
        } catch (MalformedMessageException e) {
            passedOver.add(record, e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        totals.close();
    }
}
