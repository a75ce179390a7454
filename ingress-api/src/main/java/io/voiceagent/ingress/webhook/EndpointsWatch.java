package io.voiceagent.ingress.webhook;

import io.voiceagent.transport.InvalidSettingException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The endpoints, read anew when the file changes. The bytes are compared, not the time: mounted configuration is exchanged by links whose times
 * say little. A file that can't be used is told once, and the endpoints stay as they were.
 */
final class EndpointsWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointsWatch.class);
    static final Duration PAUSE = Duration.ofSeconds(2);

    private final Path file;
    private final boolean allowPrivate;
    private final Thread thread;
    private byte[] seen;
    private volatile Endpoints current;
    private volatile @Nullable String problem;

    private EndpointsWatch(Path file, boolean allowPrivate, Duration pause) {
        this.file = file;
        this.allowPrivate = allowPrivate;
        try {
            this.seen = read(file);
        } catch (IOException e) {
            throw unreadable(e);
        }
        this.current = parse(seen);
        this.thread = Thread.ofVirtual().name("webhook-endpoints").unstarted(() -> run(pause));
    }

    /** @throws InvalidSettingException the file can't be read or used */
    static EndpointsWatch start(Path file, boolean allowPrivate, Duration pause) {
        EndpointsWatch watch = new EndpointsWatch(file, allowPrivate, pause);
        watch.thread.start();
        return watch;
    }

    Endpoints current() {
        return current;
    }

    /** What is wrong with the file as it is now, null when nothing is. */
    @Nullable
    String problem() {
        return problem;
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void run(Duration pause) {
        try {
            while (true) {
                Thread.sleep(pause);
                look();
            }
        } catch (InterruptedException e) {
            // Closed: nobody needs to know of changes any more
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            byte[] bytes = read(file);
            if (Arrays.equals(bytes, seen)) {
                return;
            }
            seen = bytes;
            current = parse(bytes);
            problem = null;
            LOG.info("{} endpoints for webhooks are in use now", current.all().size());
        } catch (IOException e) {
            // Seen anew when it is back, even as it was
            seen = new byte[0];
            failed(unreadable(e));
        } catch (InvalidSettingException e) {
            failed(e);
        }
    }

    private void failed(InvalidSettingException e) {
        String message = String.valueOf(e.getMessage());
        if (!message.equals(problem)) {
            LOG.error("The endpoints for webhooks stay as they were: {}", message);
        }
        problem = message;
    }

    private Endpoints parse(byte[] bytes) {
        if (bytes.length > EndpointsFile.MAX_BYTES) {
            throw EndpointsFile.wrong("is larger than %d bytes".formatted(EndpointsFile.MAX_BYTES));
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return EndpointsFile.parse(text, allowPrivate);
        } catch (CharacterCodingException e) {
            throw EndpointsFile.wrong("is not UTF-8");
        }
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(EndpointsFile.MAX_BYTES + 1);
        }
    }

    private InvalidSettingException unreadable(IOException e) {
        return new InvalidSettingException(
                EndpointsFile.VARIABLE,
                "names %s, which can't be read (%s)"
                        .formatted(file, e.getClass().getSimpleName()),
                "Name a readable file, or leave the variable out for no webhooks");
    }
}
