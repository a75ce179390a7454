package io.voiceagent.faults;

import io.voiceagent.faults.servers.Brokers;
import io.voiceagent.faults.servers.Database;
import io.voiceagent.faults.servers.SmallDisk;
import io.voiceagent.faults.servers.TcpProxy;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happens to what the pipeline stands on.
 *
 * @param brokers how many there are, 1 or 3
 * @param what names it
 * @param smallDisks it needs them
 */
record Surrounding(int brokers, String what, boolean smallDisks, Act act) {

    /** Does it, and makes it good again. */
    interface Act {
        /** Returns what is to be said of it, empty for nothing. */
        String on(World world);
    }

    /**
     * What can be harmed.
     *
     * @param archiverToDatabase the network between these
     * @param brokerDisk below the first broker; null: none can be mounted
     * @param databaseDisk below the database; null: none can be mounted
     */
    record World(
            Brokers brokers,
            Database database,
            TcpProxy archiverToDatabase,
            @Nullable SmallDisk brokerDisk,
            @Nullable SmallDisk databaseDisk) {}

    String place() {
        return brokers == 1 ? "one broker" : "three brokers";
    }

    /** As words of the command are looked for in. */
    @Override
    public String toString() {
        return place() + ": " + what;
    }
}
