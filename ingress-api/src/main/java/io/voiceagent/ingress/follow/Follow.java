package io.voiceagent.ingress.follow;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PassedOver;
import java.time.InstantSource;
import javax.sql.DataSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** All that follows responses, running: gives out the ports of this package. */
public final class Follow implements Readiness, AutoCloseable {
    private static final int LOOKUP_THREADS = 8;
    private static final int LOOKUP_QUEUE = 1_000;

    private final Scheduler lookups = Schedulers.newBoundedElastic(LOOKUP_THREADS, LOOKUP_QUEUE, "lookup");
    private final Following following;
    private final KafkaToolCatalogue catalogue;
    private final UsageTail usage;
    private final Responses responses;

    private Follow(
            KafkaSettings kafka,
            String clientId,
            DataSource archive,
            FollowOptions options,
            TurnWatcher watcher,
            UsageWatcher usageWatcher,
            PassedOver passedOver) {
        InstantSource clock = InstantSource.system();
        Turns turns = new Turns(options, clock, Schedulers.parallel());
        Verdicts verdicts = new Verdicts(Schedulers.parallel());
        Deletions deletions = new Deletions(kafka.agentPartitions(), Schedulers.parallel());
        Lines lines = new Lines(Schedulers.parallel());
        this.following = new Following(
                kafka,
                clientId,
                options,
                turns,
                verdicts,
                deletions,
                new WatchedTurns(watcher),
                lines,
                clock,
                passedOver);
        this.catalogue = new KafkaToolCatalogue(kafka, clientId, clock, passedOver);
        this.usage = new UsageTail(kafka, clientId, clock, usageWatcher, passedOver);
        this.responses = new Responses(
                turns,
                verdicts,
                deletions,
                lines,
                new LogReplay(kafka, clientId + "-replay", options),
                new Archive(archive),
                options,
                clock,
                lookups);
    }

    /**
     * Begins to read the log; returns at once, see {@link #ready}.
     *
     * @param clientId prefix of the Kafka clients' ids, unique in this process
     * @param archive the database with the table {@code responses.responses}; need not be there; closed by whoever made it
     * @param watcher is told of all turns
     * @param usageWatcher is told what tenants have used
     */
    public static Follow start(
            KafkaSettings kafka,
            String clientId,
            DataSource archive,
            FollowOptions options,
            TurnWatcher watcher,
            UsageWatcher usageWatcher,
            MeterRegistry registry) {
        Follow follow = new Follow(kafka, clientId, archive, options, watcher, usageWatcher, new PassedOver(registry));
        follow.following.bindTo(registry);
        follow.following.start();
        follow.catalogue.start();
        follow.usage.start();
        return follow;
    }

    public ResponseReader reader() {
        return responses;
    }

    public ToolCatalogue catalogue() {
        return catalogue;
    }

    @Override
    public boolean ready() {
        return following.caughtUp() && catalogue.caughtUp() && usage.caughtUp();
    }

    @Override
    public String detail() {
        if (!following.caughtUp()) {
            return "the log of running turns is being read";
        }
        if (!catalogue.caughtUp()) {
            return "the catalogue of tools is being read";
        }
        return usage.caughtUp() ? "ready" : "what tenants have used is being read";
    }

    /** Tells all who follow a turn to look elsewhere, for this process is about to end; it goes on reading. */
    public void letGo() {
        following.letGo();
    }

    @Override
    public void close() throws InterruptedException {
        following.close();
        catalogue.close();
        usage.close();
        lookups.dispose();
    }
}
