package io.voiceagent.clients;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes the connections of clients. One that wants to become a WebSocket (RFC 6455) is led to the system itself, and what it is told is read
 * along; all others are led to an HTTP server.
 */
final class FrontDoor implements AutoCloseable {
    private static final Pattern UPGRADE = Pattern.compile("(?im)^upgrade:\\s*websocket\\s*$");
    private static final int HEAD_BYTES = 64 * 1024;

    private final ServerSocket listener;
    private final SocketAddress http;
    private final SocketAddress upstream;
    private final Consumer<List<String>> said;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger sockets = new AtomicInteger();

    /** @param said is told the messages of each WebSocket when it has ended */
    FrontDoor(InetSocketAddress http, InetSocketAddress upstream, Consumer<List<String>> said) throws IOException {
        this.http = http;
        this.upstream = upstream;
        this.said = said;
        listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** WebSockets that are open, or not read through yet. */
    int openSockets() {
        return sockets.get();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        threads.shutdownNow();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                threads.execute(() -> lead(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void lead(Socket client) {
        try (client) {
            byte[] head = head(client.getInputStream());
            boolean socket = UPGRADE.matcher(new String(head, StandardCharsets.ISO_8859_1))
                    .find();
            if (!socket) {
                pass(client, head, http, null);
                return;
            }
            sockets.incrementAndGet();
            try {
                ByteArrayOutputStream answer = new ByteArrayOutputStream();
                pass(client, head, upstream, answer);
                said.accept(WebSocketFrames.messages(answer.toByteArray()));
            } finally {
                sockets.decrementAndGet();
            }
        } catch (IOException clientGone) {
            // It may go whenever it likes
        }
    }

    /** All that comes until the first request's headers are whole. */
    private static byte[] head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        int n = 0;
        while (head.size() < HEAD_BYTES && (n = in.read(piece)) >= 0) {
            head.write(piece, 0, n);
            if (head.toString(StandardCharsets.ISO_8859_1).contains("\r\n\r\n")) {
                break;
            }
        }
        return head.toByteArray();
    }

    /** Until both sides have ended, or one broke off. */
    private void pass(Socket client, byte[] head, SocketAddress to, @Nullable OutputStream copy) throws IOException {
        try (Socket server = new Socket()) {
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            server.connect(to);
            server.getOutputStream().write(head);
            Future<?> back = threads.submit(() -> pump(server, client, copy));
            pump(client, server, null);
            back.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static void pump(Socket from, Socket to, @Nullable OutputStream copy) {
        byte[] piece = new byte[8192];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                if (copy != null) {
                    copy.write(piece, 0, n);
                }
                out.write(piece, 0, n);
                out.flush();
            }
            to.shutdownOutput();
        } catch (IOException oneIsGone) {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
