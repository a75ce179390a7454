package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers.Isolation;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PassedOver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The catalogue as the topics {@code tools} (all of it) and {@code workers} (the last lease) tell it. */
final class KafkaToolCatalogue implements ToolCatalogue, AutoCloseable {
    private static final long LEASE_NANOS =
            Duration.ofMillis(Announcement.LEASE_MILLIS).toNanos();

    private record Offer(Map<String, String> tools, long heardAt) {}

    private final Map<String, ToolDescription> tools = new ConcurrentHashMap<>();
    private final Map<String, Offer> offers = new ConcurrentHashMap<>();
    private final PassedOver passedOver;
    private final LogTail descriptions;
    private final LogTail announcements;

    KafkaToolCatalogue(KafkaSettings kafka, String clientId, InstantSource clock, PassedOver passedOver) {
        this.passedOver = passedOver.of(Topics.TOOLS).of(Topics.WORKERS);
        this.descriptions = new LogTail(
                kafka,
                clientId + "-tools",
                new LogTail.Plan(Topics.TOOLS, 1, Isolation.READ_COMMITTED, null),
                clock,
                this::described);
        this.announcements = new LogTail(
                kafka,
                clientId + "-workers",
                new LogTail.Plan(
                        Topics.WORKERS, 1, Isolation.READ_UNCOMMITTED, Duration.ofMillis(Announcement.LEASE_MILLIS)),
                clock,
                this::announced);
    }

    void start() {
        descriptions.start();
        announcements.start();
    }

    boolean caughtUp() {
        return descriptions.caughtUp();
    }

    @Override
    public Optional<ToolDescription> find(String name) {
        return Optional.ofNullable(tools.get(name));
    }

    @Override
    public List<ToolDescription> server(String label) {
        return tools.values().stream()
                .filter(tool -> tool.server().equals(label))
                .sorted(Comparator.comparing(ToolDescription::name))
                .toList();
    }

    @Override
    public boolean offered(String name) {
        ToolDescription tool = tools.get(name);
        long now = System.nanoTime();
        return tool != null
                && offers.values().stream()
                        .anyMatch(offer ->
                                now - offer.heardAt < LEASE_NANOS && tool.hash().equals(offer.tools.get(name)));
    }

    private void described(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            tools.remove(record.key());
            return;
        }
        try {
            ToolDescription tool = LogRecord.decode(record, ToolDescription.class);
            tools.put(tool.name(), tool);
        } catch (MalformedMessageException e) {
            passedOver.add(record, e);
        }
    }

    private void announced(ConsumerRecord<String, byte[]> record) {
        try {
            if (LogRecord.decode(record, Announcement.class) instanceof Announcement.Worker worker) {
                long now = System.nanoTime();
                offers.values().removeIf(offer -> now - offer.heardAt > LEASE_NANOS);
                offers.put(worker.incarnation(), new Offer(worker.tools(), now));
            }
        } catch (MalformedMessageException e) {
            passedOver.add(record, e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        descriptions.close();
        announcements.close();
    }
}
