package io.voiceagent.transport.stage;

import io.voiceagent.messages.Announcement;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.crash.CrashPoint;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends the announcements of an incarnation and learns from their acknowledgements: the lease, and the broker's clock. */
final class Announcer {
    private static final Logger LOG = LoggerFactory.getLogger(Announcer.class);
    private final Producer<String, byte[]> producer;
    private final OwnLease lease;
    private final BrokerClock clock;

    Announcer(Producer<String, byte[]> producer, OwnLease lease, BrokerClock clock) {
        this.producer = producer;
        this.lease = lease;
        this.clock = clock;
    }

    void announce(Announcement announcement) {
        long sentNanos = System.nanoTime();
        long sentMillis = System.currentTimeMillis();
        try {
            producer.send(Records.announcement(announcement), (metadata, error) -> {
                if (error == null) {
                    lease.acknowledged(sentNanos);
                    clock.observe(sentMillis, System.currentTimeMillis(), metadata.timestamp());
                    CrashPoint.STAGE_ANNOUNCE_AFTER.reach();
                } else {
                    LOG.debug("Announcement {} is lost: {}", announcement.sequence(), error.toString());
                }
            });
        } catch (KafkaException | IllegalStateException e) {
            LOG.debug("Announcement {} was not sent: {}", announcement.sequence(), e.toString());
        }
    }
}
