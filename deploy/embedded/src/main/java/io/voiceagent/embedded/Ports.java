package io.voiceagent.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntFunction;

/** Ports on 127.0.0.1. */
public final class Ports {

    static final String LOOPBACK = "127.0.0.1";

    /**
     * Free ports are looked for below those that a system gives to outgoing connections (from 32768 on Linux, 49152 by RFC 6335): between
     * the look and the server's own bind a connection of anybody would else take the port.
     */
    private static final int LOWEST = 12_000;

    private static final int HIGHEST = 32_000;
    private static final int TRIES = 50;

    private Ports() {}

    /**
     * The port itself after a look whether it can be bound, or a free one for 0. Asked before a server starts, since
     * servers take long to fail on a busy port and say it badly.
     *
     * @param server who wants it, for the message
     * @throws EmbeddedServerException if the port is busy
     */
    public static int usable(int port, String server) {
        return usable(port, server, usable -> usable);
    }

    /**
     * A free port, held by nobody: it can be taken before who asked binds it, which is unlikely.
     *
     * @throws EmbeddedServerException if none is found
     */
    public static int free() {
        return usable(0, "A server");
    }

    /**
     * A usable port and a free one beside it. Taken at the same time, since two free ports that are asked for one after the other can be the same.
     *
     * @see #usable(int, String)
     */
    static Pair usablePair(int port, String server) {
        return usable(port, server, usable -> new Pair(usable, usable(0, server)));
    }

    /** Two different ports. */
    record Pair(int first, int second) {}

    /** @param use what is made of the port while it is held */
    private static <T> T usable(int port, String server, IntFunction<T> use) {
        for (int tries = 1; ; tries++) {
            int wanted = port == 0 ? ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST) : port;
            try (var socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getByName(LOOPBACK), wanted));
                return use.apply(wanted);
            } catch (IOException e) {
                if (port == 0 && tries < TRIES) {
                    continue;
                }
                throw new EmbeddedServerException(
                        server + " cannot listen on " + LOOPBACK + ":" + wanted + " (" + e.getMessage()
                                + "): free that port or choose another",
                        e);
            }
        }
    }
}
