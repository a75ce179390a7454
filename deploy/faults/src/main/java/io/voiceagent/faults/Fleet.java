package io.voiceagent.faults;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Two processes of each role, which can be harmed and brought back. Used by one thread. */
final class Fleet {
    private static final String ARCHIVER = "archiver";

    private final Cluster cluster;
    private final EffectServer effects;
    private final Map<String, ManagedProcess> processes = new HashMap<>();

    private Fleet(Cluster cluster, EffectServer effects) {
        this.cluster = cluster;
        this.effects = effects;
    }

    /** Starts them and waits until all are well. */
    static Fleet start(Cluster cluster, EffectServer effects) {
        return start(new Fleet(cluster, effects));
    }

    /** The same, and one archiver. */
    static Fleet startWithArchiver(Cluster cluster, EffectServer effects) {
        Fleet fleet = new Fleet(cluster, effects);
        fleet.processes.put(ARCHIVER, cluster.archiver(ARCHIVER));
        start(fleet);
        cluster.awaitHealthy(fleet.archiver());
        return fleet;
    }

    private static Fleet start(Fleet fleet) {
        for (Role role : Role.values()) {
            fleet.launch(role, 1);
            fleet.launch(role, 2);
        }
        fleet.awaitAll();
        return fleet;
    }

    /** As its port and log are named. */
    static String name(Role role, int number) {
        return role.name().toLowerCase(Locale.ROOT) + "-" + number;
    }

    /** The API at both ingresses. */
    List<ApiClient> apis() {
        return List.of(
                new ApiClient(cluster.url(name(Role.INGRESS, 1)), Cluster.KEY),
                new ApiClient(cluster.url(name(Role.INGRESS, 2)), Cluster.KEY));
    }

    /** The API at those ingresses that are well. */
    List<ApiClient> wellApis() {
        List<ApiClient> apis = apis();
        return Stream.of(1, 2)
                .filter(number -> cluster.healthy(name(Role.INGRESS, number)))
                .map(number -> apis.get(number - 1))
                .toList();
    }

    /** Waits until all are well: what one fault does is not to be taken for the next one's. */
    void awaitAll() {
        for (Role role : Role.values()) {
            cluster.awaitHealthy(process(role, 1), process(role, 2));
        }
    }

    ManagedProcess victim(Fault fault) {
        return process(fault.role(), fault.victim());
    }

    /** When the harm was done, milliseconds since the epoch; null when the process has not come to the point. */
    static @Nullable Long harmedAt(ManagedProcess victim) {
        return victim.output()
                .lines()
                .filter(line -> line.startsWith(SelfHarm.SAYS))
                .reduce((first, last) -> last)
                .map(line -> Long.parseLong(line.substring(SelfHarm.SAYS.length())))
                .orElse(null);
    }

    /** Starts the process again that was killed; returns at once. */
    void revive(Fault fault) {
        Cluster.await(
                "the end of " + victim(fault).name(),
                Duration.ofSeconds(10),
                () -> !victim(fault).alive());
        launch(fault.role(), fault.victim());
    }

    /** {@code SIGTERM} to the archiver and another start; returns how long it took to end. */
    Duration restartArchiver() {
        Duration took = archiver().drain();
        processes.put(ARCHIVER, cluster.archiver(ARCHIVER));
        cluster.awaitHealthy(archiver());
        return took;
    }

    private ManagedProcess archiver() {
        return Objects.requireNonNull(processes.get(ARCHIVER));
    }

    /** {@code SIGTERM}; returns how long it took to end. */
    Duration drain(Role role, int number) {
        return process(role, number).drain();
    }

    /** Starts it again, and waits until it is well. */
    void restart(Role role, int number) {
        launch(role, number);
        cluster.awaitHealthy(process(role, number));
    }

    /** {@code SIGKILL} of a worker that runs tools, and another start. */
    void killToolWorker() {
        process(Role.TOOL, 1).kill();
        launch(Role.TOOL, 1);
    }

    /** Ends a process, and starts it again with these variables besides, which hold for this one life. */
    void relaunch(Role role, int number, Map<String, String> variables) {
        process(role, number).close();
        variables.forEach((variable, value) -> cluster.set(name(role, number), variable, value));
        launch(role, number);
        cluster.unset(name(role, number));
        cluster.awaitHealthy(process(role, number));
    }

    private ManagedProcess process(Role role, int number) {
        return Objects.requireNonNull(processes.get(name(role, number)));
    }

    private void launch(Role role, int number) {
        String name = name(role, number);
        processes.put(
                name,
                switch (role) {
                    case LLM -> cluster.agentWorker(name, "llm");
                    case ORCHESTRATOR -> cluster.agentWorker(name, "orchestrator");
                    case TOOL -> cluster.toolWorker(name, effects);
                    case INGRESS -> cluster.ingress(name);
                });
    }
}
