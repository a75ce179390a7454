package io.voiceagent.agent.llm;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An endpoint that answers each request with exactly the given bytes and closes: for answers no decent server gives. */
final class RawEndpoint implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final List<String> answers;
    private final AtomicInteger closedByClient = new AtomicInteger();

    /** @param answers one for each request, the last one for all that follow */
    RawEndpoint(String... answers) throws IOException {
        this.answers = List.of(answers);
        Thread.ofVirtual().start(this::accept);
    }

    /** A whole event stream response, closed by the end of the connection. */
    static String eventStream(String... lines) {
        return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"
                + String.join("\n\n", lines) + "\n\n";
    }

    static String status(int status, String headers, String body) {
        return "HTTP/1.1 " + status + " X\r\n" + headers + "Content-Type: application/json\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\nConnection: close\r\n\r\n" + body;
    }

    /** A chunk whose delta is the given JSON. */
    static String delta(String json) {
        return chunk("{\"index\":0,\"delta\":" + json + ",\"finish_reason\":null}");
    }

    static String finish(String reason) {
        return chunk("{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}");
    }

    private static String chunk(String choice) {
        return "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m-1\",\"choices\":["
                + choice + "]}";
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/v1");
    }

    /** Bodies of the requests so far. */
    List<String> bodies() {
        return bodies;
    }

    /** Request lines and headers of the requests so far. */
    List<String> heads() {
        return heads;
    }

    /** Requests whose answer the client did not take to its end. */
    int closedByClient() {
        return closedByClient.get();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> answer(socket));
            } catch (IOException e) {
                if (!server.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void answer(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            String head = head(in);
            int length = head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                    .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                    .findFirst()
                    .orElse(0);
            int number;
            synchronized (bodies) {
                number = bodies.size();
                heads.add(head);
                bodies.add(new String(in.readNBytes(length), StandardCharsets.UTF_8));
            }
            OutputStream out = socket.getOutputStream();
            out.write(answers.get(Math.min(number, answers.size() - 1)).getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            closedByClient.incrementAndGet(); // what some tests are about
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("the request ended in its head");
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
