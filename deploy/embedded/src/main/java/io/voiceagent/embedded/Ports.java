package io.voiceagent.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Ports on 127.0.0.1. */
public final class Ports {

    static final String LOOPBACK = "127.0.0.1";

    private Ports() {}

    /**
     * The port itself after a look whether it can be bound, or a free one for 0. Asked before a server starts, since
     * servers take long to fail on a busy port and say it badly.
     *
     * @param server who wants it, for the message
     * @throws EmbeddedServerException if the port is busy
     */
    public static int usable(int port, String server) {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(LOOPBACK), port));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new EmbeddedServerException(
                    server + " cannot listen on " + LOOPBACK + ":" + port + " (" + e.getMessage()
                            + "): free that port or choose another",
                    e);
        }
    }
}
