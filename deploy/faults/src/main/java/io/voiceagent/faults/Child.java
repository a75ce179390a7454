package io.voiceagent.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Runs another main class and ends with the process that started it: a harness that is killed leaves nothing behind. What it reads on
 * its standard input are orders to {@link SelfHarm}.
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
        Thread.ofPlatform().name("orders").daemon().start(Child::listen);
        Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object)
                Arrays.copyOfRange(args, 1, args.length));
    }

    private static void listen() {
        try (BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            orders.lines().forEach(SelfHarm::order);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
