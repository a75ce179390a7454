package io.voiceagent.faults;

import io.voiceagent.faults.Surrounding.Act;
import io.voiceagent.faults.Surrounding.World;
import io.voiceagent.faults.servers.Brokers;
import io.voiceagent.faults.servers.SmallDisk;
import io.voiceagent.faults.servers.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** All that happens to broker, database, network and disk, in the order in which it is tried. */
final class SurroundingPlan {
    /** The links that the first process of each role comes to the brokers by. */
    static final String LLM = "LLM";

    static final String TOOL = "TOOL";
    static final String ORCHESTRATOR = "ORCHESTRATOR";
    static final String INGRESS = "INGRESS";
    /** The link of all others. */
    static final String OTHERS = "OTHERS";

    static final List<String> LINKS = List.of(LLM, TOOL, ORCHESTRATOR, INGRESS, OTHERS);

    private static final Duration SHORT = Duration.ofSeconds(5);
    /** Longer than the lease of a worker (5 s) and the session of an orchestrator (6 s). */
    private static final Duration CUT = Duration.ofSeconds(12);

    private static final Duration LONG = Duration.ofSeconds(20);
    /** Longer than {@code replica.lag.time.max.ms}, after which a replica is out of sync. */
    private static final Duration OUT_OF_SYNC = Duration.ofSeconds(45);

    private static final Duration MINUTES = Duration.ofMinutes(2);
    private static final Duration DELAY = Duration.ofMillis(100);
    private static final long BYTES_PER_SECOND = 128 * 1024;

    private SurroundingPlan() {}

    /** Everything. */
    static List<Surrounding> all() {
        List<Surrounding> plan = new ArrayList<>();
        oneBroker(plan);
        database(plan);
        network(plan);
        threeBrokers(plan);
        return plan;
    }

    private static void oneBroker(List<Surrounding> plan) {
        add(plan, 1, "broker killed, back after 5 s", world -> {
            world.brokers().process(1).kill();
            Batch.sleep(SHORT);
            return back(world, 1);
        });
        add(plan, 1, "broker restarted (SIGTERM)", world -> {
            world.brokers().stop(1);
            return back(world, 1);
        });
        add(plan, 1, "broker paused for 20 s (SIGSTOP)", world -> pause(world.brokers(), 1, LONG));
        add(plan, 1, "broker away for 45 s", world -> {
            world.brokers().process(1).kill();
            Batch.sleep(OUT_OF_SYNC);
            return back(world, 1);
        });
        disk(plan, 1, "broker's disk full for 20 s", world -> {
            SmallDisk disk = Objects.requireNonNull(world.brokerDisk());
            return brokerDiskFull(world, disk);
        });
    }

    private static void database(List<Surrounding> plan) {
        add(plan, 1, "Postgres killed, away for 2 min", world -> {
            world.database().kill();
            Batch.sleep(MINUTES);
            world.database().restart();
            return "";
        });
        add(plan, 1, "Postgres paused for 2 min (SIGSTOP)", world -> {
            world.database().pause();
            Batch.sleep(MINUTES);
            world.database().resume();
            return "";
        });
        add(plan, 1, "pg_terminate_backend of all, 10 times", world -> {
            int ended = IntStream.range(0, 10)
                    .map(i -> {
                        Batch.sleep(Duration.ofSeconds(1));
                        return world.database().terminateBackends();
                    })
                    .sum();
            return ended + " connections ended";
        });
        add(
                plan,
                1,
                "network between archiver and Postgres silent for 45 s",
                world -> silent(List.of(world.archiverToDatabase()), OUT_OF_SYNC));
        disk(plan, 1, "Postgres' disk full for 45 s", world -> {
            SmallDisk disk = Objects.requireNonNull(world.databaseDisk());
            disk.fill();
            Batch.sleep(OUT_OF_SYNC);
            String during = world.database().writes() ? "it still wrote" : "it did not write";
            disk.free();
            if (!world.database().writes()) {
                world.database().restart();
                return during + ", and needed a restart after it";
            }
            return during + ", and went on by itself after it";
        });
    }

    private static void network(List<Surrounding> plan) {
        for (String link : List.of(LLM, TOOL, ORCHESTRATOR, INGRESS)) {
            add(
                    plan,
                    1,
                    "network between broker and one %s silent for 12 s".formatted(text(link)),
                    world -> silent(world.brokers().link(link), CUT));
        }
        add(plan, 1, "all connections to the broker reset, none taken for 5 s", world -> {
            links(world).forEach(TcpProxy::refuse);
            Batch.sleep(SHORT);
            links(world).forEach(TcpProxy::heal);
            return "";
        });
        add(plan, 1, "all connections to the broker slow (100 ms one way, 128 KiB/s each way) for 45 s", world -> {
            links(world).forEach(link -> link.slow(DELAY, BYTES_PER_SECOND));
            Batch.sleep(OUT_OF_SYNC);
            links(world).forEach(TcpProxy::heal);
            return "";
        });
    }

    private static void threeBrokers(List<Surrounding> plan) {
        add(plan, 3, "rolling restart (SIGTERM each, in sync before the next)", world -> {
            for (int id = 1; id < world.brokers().count(); id++) {
                world.brokers().stop(id);
                back(world, id);
            }
            world.brokers().stop(world.brokers().count());
            return "the last one: " + back(world, world.brokers().count());
        });
        add(plan, 3, "active controller killed, back after 20 s", world -> {
            int id = world.brokers().activeController();
            world.brokers().process(id).kill();
            Batch.sleep(LONG);
            return back(world, id);
        });
        add(
                plan,
                3,
                "leader of requests paused for 20 s (SIGSTOP)",
                world -> pause(world.brokers(), world.brokers().leader("agent.requests"), LONG));
        add(plan, 3, "two of three killed, back after 20 s: no quorum, min ISR not met", world -> {
            List.of(1, 2).forEach(id -> world.brokers().process(id).kill());
            Batch.sleep(LONG);
            return back(world, 1, 2);
        });
        add(
                plan,
                3,
                "replication silent for 45 s: min ISR not met, controllers well",
                world -> silent(world.brokers().replication(), OUT_OF_SYNC));
        add(
                plan,
                3,
                "network between all brokers silent for 20 s",
                world -> silent(world.brokers().between(), LONG));
        add(
                plan,
                3,
                "active controller cut off from the other brokers for 20 s, not from clients",
                world -> silent(world.brokers().around(world.brokers().activeController()), LONG));
        add(
                plan,
                3,
                "nobody reaches one broker, which reaches the others, for 45 s",
                world -> silent(world.brokers().before(world.brokers().leader("agent.requests")), OUT_OF_SYNC));
        disk(plan, 3, "one broker's disk full for 20 s", world -> {
            SmallDisk disk = Objects.requireNonNull(world.brokerDisk());
            return brokerDiskFull(world, disk);
        });
    }

    private static String silent(List<TcpProxy> network, Duration time) {
        network.forEach(TcpProxy::silence);
        Batch.sleep(time);
        network.forEach(TcpProxy::heal);
        return "";
    }

    private static String pause(Brokers brokers, int id, Duration time) {
        brokers.process(id).pause();
        Batch.sleep(time);
        brokers.process(id).resume();
        return "";
    }

    private static String brokerDiskFull(World world, SmallDisk disk) {
        Brokers brokers = world.brokers();
        long used = disk.used();
        disk.fill();
        Batch.sleep(LONG);
        boolean ended = !brokers.process(1).alive();
        disk.free();
        if (!ended) {
            brokers.stop(1);
        }
        return "%d MB were used; the broker %s; %s"
                .formatted(used, ended ? "ended by itself" : "went on, and was restarted", back(world, 1));
    }

    /** Starts these brokers again, and tells how long it took them to be there: nobody can be quicker than they. */
    private static String back(World world, int... ids) {
        long from = System.nanoTime();
        for (int id : ids) {
            world.brokers().launch(id);
        }
        for (int id : ids) {
            world.brokers().awaitStarted(id);
        }
        world.brokers().awaitAll();
        long millis = Duration.ofNanos(System.nanoTime() - from).toMillis();
        return "in sync " + Figures.seconds(millis) + " s after its start";
    }

    private static Stream<TcpProxy> links(World world) {
        return LINKS.stream().flatMap(link -> world.brokers().link(link).stream());
    }

    private static String text(String link) {
        return switch (link) {
            case LLM -> "LLM worker";
            case TOOL -> "tool worker";
            case ORCHESTRATOR -> "orchestrator";
            default -> "ingress";
        };
    }

    private static void add(List<Surrounding> plan, int brokers, String what, Act act) {
        plan.add(new Surrounding(brokers, what, false, act));
    }

    private static void disk(List<Surrounding> plan, int brokers, String what, Act act) {
        plan.add(new Surrounding(brokers, what, true, act));
    }
}
