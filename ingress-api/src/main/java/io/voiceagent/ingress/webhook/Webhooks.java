package io.voiceagent.ingress.webhook;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.WatchedFile;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/** Webhooks as a whole: the watched endpoints, the reader that fills the outbox, the sender that empties it, and the log of what it did. */
public final class Webhooks implements DeliveryLog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhooks.class);

    private final EndpointsWatch endpoints;
    private final Outbox outbox;
    private final StepsReader reader;
    private final Sender sender;

    private Webhooks(EndpointsWatch endpoints, Outbox outbox, StepsReader reader, Sender sender) {
        this.endpoints = endpoints;
        this.outbox = outbox;
        this.reader = reader;
        this.sender = sender;
    }

    /**
     * Starts reading and sending; the database need not be there.
     *
     * @param issuedFor whether a response id was issued for a tenant
     * @throws io.voiceagent.transport.InvalidSettingException the file of endpoints can't be used
     */
    public static Webhooks start(
            WebhookOptions options,
            KafkaSettings kafka,
            DataSource database,
            BiPredicate<String, String> issuedFor,
            MeterRegistry registry) {
        InstantSource clock = InstantSource.system();
        EndpointsWatch endpoints = EndpointsWatch.start(options.file(), options.allowPrivate(), WatchedFile.INTERVAL);
        WebhookMeters meters = new WebhookMeters(registry);
        Outbox outbox = new Outbox(database);
        Receivers receivers = new Receivers(InetAddress::getAllByName, options.allowPrivate(), options.patience());
        Sender sender =
                new Sender(outbox, endpoints::current, receivers, new RetryPolicy(options.firstPause()), meters, clock);
        meters.gauge(
                "voice.agent.webhook.endpoints",
                "Endpoints in use",
                () -> endpoints.current().all().size());
        meters.gauge(
                "voice.agent.webhook.file.usable",
                "1 unless the file of endpoints can't be used as it is now",
                () -> endpoints.problem() == null ? 1 : 0);
        StepsReader reader = StepsReader.start(new StepsReader.Parts(
                kafka, outbox, endpoints::current, issuedFor, clock.instant(), sender::wake, meters));
        sender.start();
        return new Webhooks(endpoints, outbox, reader, sender);
    }

    /** Whether all of it works. */
    public boolean up() {
        return problems().isEmpty();
    }

    /** For people: what does not work, or {@code ok}. */
    public String detail() {
        List<String> problems = problems();
        return problems.isEmpty() ? "ok" : String.join("; ", problems);
    }

    private List<String> problems() {
        return Stream.of(
                        reader.problem(),
                        sender.problem(),
                        endpoints.problem() == null ? null : "the file of endpoints can't be used as it is now")
                .mapMulti((@Nullable String problem, java.util.function.Consumer<String> out) -> {
                    if (problem != null) {
                        out.accept(problem);
                    }
                })
                .toList();
    }

    @Override
    public Page page(String tenant, int limit, @Nullable String after) {
        if (!outbox.migrated()) {
            throw unavailable();
        }
        try {
            @Nullable Long before = after == null ? Long.valueOf(Long.MAX_VALUE) : outbox.place(tenant, after);
            if (before == null) {
                throw new Refusal(Code.INVALID_VALUE, "after", "'after' must be the id of a delivery of this list.");
            }
            List<Entry> entries = outbox.entries(tenant, limit + 1, before);
            return new Page(entries.subList(0, Math.min(limit, entries.size())), entries.size() > limit);
        } catch (DataAccessException e) {
            LOG.debug("The log of deliveries can't be read", e);
            throw unavailable();
        }
    }

    private static Refusal unavailable() {
        return Refusal.of(Code.SERVICE_UNAVAILABLE, "The log of deliveries can't be read now. Try again later.");
    }

    /** Ends reading first, so that nothing new comes in while what is under way is sent. */
    @Override
    public void close() {
        reader.close();
        sender.close();
        endpoints.close();
    }
}
