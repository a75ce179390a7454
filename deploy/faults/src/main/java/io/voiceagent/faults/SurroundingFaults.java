package io.voiceagent.faults;

import io.voiceagent.faults.Surrounding.World;
import io.voiceagent.faults.servers.Brokers;
import io.voiceagent.faults.servers.Database;
import io.voiceagent.faults.servers.SmallDisk;
import io.voiceagent.faults.servers.TcpProxy;
import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Broker, database, network and disk fail, one after the other, below a running pipeline. */
final class SurroundingFaults implements Suite {
    private static final Logger LOG = LoggerFactory.getLogger(SurroundingFaults.class);
    private static final Duration EFFECT_TAKES = Duration.ofMillis(400);
    private static final Duration ARCHIVED_WITHIN = Duration.ofMinutes(3);
    private static final int DISK_MEGABYTES = 768;
    private static final String NO_DISK = "not tried: only root can mount a small disk, on Linux";

    @Override
    public String name() {
        return "surroundings";
    }

    @Override
    public List<String> run(Settings settings, Consumer<String> section) throws IOException {
        SurroundingTable table = new SurroundingTable(SurroundingPlan.all(), settings.earlier());
        long end = System.nanoTime() + settings.most().toNanos();
        List<String> breaches = new ArrayList<>();
        for (int brokers : List.of(1, 3)) {
            List<Surrounding> plan = SurroundingPlan.all().stream()
                    .filter(fault -> fault.brokers() == brokers)
                    .filter(fault -> settings.onlyUntried()
                            ? !table.has(fault)
                            : settings.words().isEmpty()
                                    || settings.words().stream().anyMatch(fault.toString()::contains))
                    .toList();
            if (!plan.isEmpty() && System.nanoTime() < end) {
                Path directory = Files.createDirectories(settings.directory().resolve("brokers-" + brokers));
                breaches.addAll(run(directory, plan, settings.customers(), end, table, section));
            }
        }
        return breaches;
    }

    private static List<String> run(
            Path directory,
            List<Surrounding> plan,
            int customers,
            long end,
            SurroundingTable table,
            Consumer<String> section)
            throws IOException {
        int count = plan.getFirst().brokers();
        @Nullable SmallDisk brokerDisk = disk(directory.resolve("disk-of-broker"), plan);
        @Nullable SmallDisk databaseDisk = disk(directory.resolve("disk-of-database"), plan);
        List<Path> data = new ArrayList<>(IntStream.rangeClosed(1, count)
                .mapToObj(id -> directory.resolve("broker-" + id))
                .toList());
        if (brokerDisk != null) {
            data.set(0, brokerDisk.data());
        }
        Path databaseData = databaseDisk == null ? directory.resolve("postgres") : databaseDisk.data();
        try (brokerDisk;
                databaseDisk;
                EffectServer effects = EffectServer.start(EFFECT_TAKES);
                Brokers brokers = Brokers.start(directory, data, SurroundingPlan.LINKS);
                Database database = Database.start(directory, databaseData);
                TcpProxy toDatabase = TcpProxy.before(database.port());
                Cluster cluster = Cluster.over(
                        directory,
                        SimulatorOptions.defaults(),
                        brokers.bootstrapServers(SurroundingPlan.OTHERS),
                        database.jdbcUrl())) {
            World world = new World(brokers, database, toDatabase, brokerDisk, databaseDisk);
            return new Try(cluster, world, effects, customers, table, section).run(plan, end);
        }
    }

    private static @Nullable SmallDisk disk(Path directory, List<Surrounding> plan) throws IOException {
        return SmallDisk.possible() && plan.stream().anyMatch(Surrounding::smallDisks)
                ? SmallDisk.mount(directory, DISK_MEGABYTES)
                : null;
    }

    /** One pipeline, and all faults of a plan against it. */
    private record Try(
            Cluster cluster,
            World world,
            EffectServer effects,
            int customers,
            SurroundingTable table,
            Consumer<String> section) {

        List<String> run(List<Surrounding> plan, long end) {
            List<String> breaches = new ArrayList<>();
            List<Accepted> turns = new ArrayList<>();
            AtomicInteger numbers = new AtomicInteger();
            configure();
            Fleet fleet = Fleet.start(cluster, effects);
            ManagedProcess archiver = cluster.archiver("archiver");
            cluster.awaitHealthy(archiver);
            Cluster.awaitTools(fleet.apis().toArray(ApiClient[]::new));
            Checker checker = new Checker(cluster, effects);
            for (Surrounding fault : plan) {
                if (fault.smallDisks() && world.brokerDisk() == null) {
                    table.notTried(fault, NO_DISK);
                } else if (System.nanoTime() > end) {
                    LOG.warn("No time is left for {}", fault);
                } else {
                    breaches.addAll(harm(fault, fleet, checker, numbers, turns));
                }
                section.accept(table.page());
            }
            List<String> archive = ArchiveCheck.compare(cluster, turns);
            archive.forEach(breach -> LOG.error("{}", breach));
            breaches.addAll(archive);
            LOG.info("{} turns compared with the archive, {} breaches", turns.size(), archive.size());
            table.archive(plan.getFirst(), turns.size(), archive.size());
            section.accept(table.page());
            return breaches;
        }

        /** The first process of each role, and the archiver to its database, come by ways of their own. */
        private void configure() {
            cluster.set("TRACE_SAMPLE_RATE", "0");
            cluster.set(
                    "KAFKA_REPLICATION_FACTOR", Integer.toString(world.brokers().count()));
            for (Role role : Role.values()) {
                cluster.set(
                        Fleet.name(role, 1),
                        "KAFKA_BOOTSTRAP_SERVERS",
                        world.brokers().bootstrapServers(role.name()));
            }
            cluster.set(
                    "archiver",
                    "POSTGRES_URL",
                    "jdbc:postgresql://127.0.0.1:" + world.archiverToDatabase().port()
                            + cluster.jdbcUrl()
                                    .substring(
                                            cluster.jdbcUrl().lastIndexOf('/'),
                                            cluster.jdbcUrl().indexOf('?')));
        }

        private List<String> harm(
                Surrounding fault, Fleet fleet, Checker checker, AtomicInteger numbers, List<Accepted> turns) {
            LOG.info("{}", fault);
            world.brokers().awaitAll();
            StringBuilder note = new StringBuilder();
            Batch.Harming harming = () -> {
                long at = System.nanoTime();
                note.append(fault.act().on(world));
                return at;
            };
            Batch.Result batch = Batch.run(fleet, harming, customers, numbers);
            turns.addAll(batch.turns());
            String archived = archived(batch.turns());
            Verdict verdict = checker.check(batch, fleet.wellApis());
            List<String> breaches = new ArrayList<>(verdict.breaches());
            if (archived.isEmpty()) {
                breaches.add("the archive lacks turns");
            }
            table.add(fault, verdict, batch.refusals().text(), archived, note.toString());
            LOG.info(
                    "{} accepted, {} ended, {} held {}, {} extra model calls, refusals: {}, archived {}, {}, {} breaches",
                    verdict.accepted(),
                    verdict.ended(),
                    verdict.held().size(),
                    verdict.held().isEmpty() ? "" : verdict.held().getLast() + " ms",
                    verdict.extraModelCalls(),
                    batch.refusals().text(),
                    archived,
                    note.toString(),
                    breaches.size());
            breaches.forEach(breach -> LOG.error("{}", breach));
            return breaches.stream().map(breach -> fault + ": " + breach).toList();
        }

        /** How long the archive took after the batch, in seconds; empty when it did not come to it. */
        private String archived(List<Accepted> turns) {
            long from = System.nanoTime();
            try {
                Cluster.await("the archive", ARCHIVED_WITHIN, () -> ArchiveCheck.has(cluster, turns));
                return Figures.seconds(
                        Duration.ofNanos(System.nanoTime() - from).toMillis());
            } catch (IllegalStateException e) {
                LOG.error("{}", e.getMessage());
                return "";
            }
        }
    }
}
