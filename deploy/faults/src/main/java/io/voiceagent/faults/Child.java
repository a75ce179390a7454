package io.voiceagent.faults;

import java.util.Arrays;

/**
 * Runs another main class and ends with the process that started it: a harness that is killed leaves nothing behind.
 *
 * <p>Arguments: the main class, then its own arguments.
 */
public final class Child {
    private Child() {}

    /** See the class. */
    public static void main(String[] args) throws ReflectiveOperationException {
        ProcessHandle.current()
                .parent()
                .ifPresent(parent ->
                        parent.onExit().thenRun(() -> Runtime.getRuntime().halt(3)));
        Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object)
                Arrays.copyOfRange(args, 1, args.length));
    }
}
