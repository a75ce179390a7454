package io.voiceagent.agent.topology;

import io.voiceagent.transport.crash.CrashPoint;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;

/** The clients of a stream thread whose commits are watched; used where {@link CrashPoint#watched} alone. */
public final class CommitPoints extends DefaultKafkaClientSupplier {
    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer()) {
            @Override
            public void commitTransaction() {
                CrashPoint.ORCHESTRATOR_COMMIT_BEFORE.reach();
                super.commitTransaction();
                CrashPoint.ORCHESTRATOR_COMMIT_AFTER.reach();
            }
        };
    }
}
