package io.voiceagent.faults.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Commands of the system, run to their end. */
final class Commands {
    private Commands() {}

    /** A signal to a process that may have ended meanwhile. */
    static void signal(String signal, long pid) {
        run(List.of("kill", "-" + signal, Long.toString(pid)));
    }

    /** Runs it to its end; returns its status. */
    static int run(List<String> command) {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
