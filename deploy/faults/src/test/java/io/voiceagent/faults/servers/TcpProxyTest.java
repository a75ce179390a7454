package io.voiceagent.faults.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A network that is cut and slowed, before a server that says again what it hears. */
class TcpProxyTest {
    private static final int SHORT_MILLIS = 300;
    private static final int LONG_MILLIS = 10_000;

    private ServerSocket server;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::echo);
        proxy = TcpProxy.before(server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        server.close();
    }

    @Test
    void whatIsHeldBackByASilentCutArrivesAfterIt() throws IOException {
        try (Socket client = connect()) {
            assertThat(answer(client, 'a')).isEqualTo('a');
            proxy.silence();
            client.setSoTimeout(SHORT_MILLIS);
            assertThatThrownBy(() -> answer(client, 'b')).isInstanceOf(SocketTimeoutException.class);
            proxy.heal();
            client.setSoTimeout(LONG_MILLIS);
            assertThat(client.getInputStream().read()).isEqualTo('b');
        }
    }

    @Test
    void connectionsEndWhileItRefuses() throws IOException {
        try (Socket client = connect()) {
            assertThat(answer(client, 'a')).isEqualTo('a');
            proxy.refuse();
            assertThatThrownBy(() -> read(client)).isInstanceOf(IOException.class);
        }
        try (Socket client = connect()) {
            assertThatThrownBy(() -> read(client)).isInstanceOf(IOException.class);
        }
        proxy.heal();
        try (Socket client = connect()) {
            assertThat(answer(client, 'c')).isEqualTo('c');
        }
    }

    @Test
    void aSlowNetworkDelaysAndLimitsWhatPasses() throws IOException {
        proxy.slow(Duration.ofMillis(50), 10_000);
        try (Socket client = connect()) {
            long began = System.nanoTime();
            client.getOutputStream().write(new byte[2_000]);
            assertThat(client.getInputStream().readNBytes(2_000)).hasSize(2_000);
            // 50 ms there and back, and 2,000 bytes at 10,000 a second twice
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(290));
        }
    }

    @Test
    void theEndOfOneSideIsTheEndOfTheOther() throws IOException {
        try (Socket client = connect()) {
            assertThat(answer(client, 'a')).isEqualTo('a');
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(LONG_MILLIS);
        return socket;
    }

    private static int answer(Socket client, char asked) throws IOException {
        client.getOutputStream().write(asked);
        return client.getInputStream().read();
    }

    /** An end is a reset or the end of the stream, whichever comes first. */
    private static void read(Socket client) throws IOException {
        if (client.getInputStream().read() < 0) {
            throw new IOException("ended");
        }
    }

    private void echo() {
        try {
            while (true) {
                Socket client = server.accept();
                Thread.ofVirtual().start(() -> echo(client));
            }
        } catch (IOException e) {
            assertThat(server.isClosed()).isTrue();
        }
    }

    private static void echo(Socket client) {
        try (client;
                InputStream in = client.getInputStream()) {
            in.transferTo(client.getOutputStream());
        } catch (IOException e) {
            assertThat(e).as("a proxy resets its connections").isNotNull();
        }
    }
}
