package io.voiceagent.embedded;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Runs an {@link EmbeddedBroker} as a process of its own until it is told to end (SIGTERM, SIGINT).
 *
 * <p>Arguments: the data directory, the port (0 or absent: a free one), then broker configuration as {@code name=value}.
 * The first line on standard output is the address for {@code bootstrap.servers}.
 */
public final class EmbeddedBrokerMain {

    private EmbeddedBrokerMain() {}

    /** See the class. */
    public static void main(String[] args) throws InterruptedException {
        if (args.length == 0) {
            System.err.println("Usage: EmbeddedBrokerMain DATA_DIR [PORT] [NAME=VALUE…]");
            System.exit(2);
        }
        int port = args.length > 1 ? Integer.parseInt(args[1]) : 0;
        Map<String, String> overrides = new HashMap<>();
        for (int i = 2; i < args.length; i++) {
            String[] parts = args[i].split("=", 2);
            overrides.put(parts[0], parts[1]);
        }
        EmbeddedBroker broker = EmbeddedBroker.start(Path.of(args[0]), port, overrides);
        UntilShutdown.serve(broker, broker.bootstrapServers());
    }
}
