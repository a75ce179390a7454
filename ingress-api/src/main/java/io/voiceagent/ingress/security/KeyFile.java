package io.voiceagent.ingress.security;

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
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that are in force: those of the variable, and those of a file that is read again whenever it changes, so that keys are exchanged
 * without a restart. A file that can't be used changes nothing: the keys stay as they were, and the log says why.
 *
 * <p>The file is read now and then rather than watched, since a mounted secret changes by a link far above it, which no watch on the file sees.
 */
public final class KeyFile implements Supplier<ApiKeys>, AutoCloseable {
    /** How soon a change is in force. */
    public static final Duration INTERVAL = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(KeyFile.class);
    private static final String VARIABLE = "API_KEYS_FILE";
    private static final int MAX_BYTES = 4 << 20;
    /** One for a client and one to take its place. */
    private static final int MIN_KEYS = 2;

    private final ApiKeys fixed;
    private final @Nullable Path file;
    private final @Nullable ScheduledExecutorService timer;
    private byte[] content = new byte[0];
    private @Nullable String complaint;
    private volatile ApiKeys keys;

    private KeyFile(ApiKeys fixed, @Nullable Path file, Duration interval) {
        this.fixed = fixed;
        this.file = file;
        if (file == null) {
            this.keys = fixed.required(MIN_KEYS);
            this.timer = null;
            return;
        }
        this.content = read(file);
        this.keys = parse(fixed, content);
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("api-keys-file").factory());
        var unused = timer.scheduleWithFixedDelay(
                this::refresh, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Reads the file for the first time.
     *
     * @param fixed keys that no file changes
     * @param file null when there are only those
     * @throws InvalidSettingException when the file can't be used, or there are too few keys in all
     */
    public static KeyFile open(ApiKeys fixed, @Nullable Path file, Duration interval) {
        return new KeyFile(fixed, file, interval);
    }

    /**
     * Whether {@link #open} could open it.
     *
     * @throws InvalidSettingException when it could not
     */
    static void check(ApiKeys fixed, @Nullable Path file) {
        ApiKeys unused = file == null ? fixed.required(MIN_KEYS) : parse(fixed, read(file));
    }

    @Override
    public ApiKeys get() {
        return keys;
    }

    /** Whatever goes wrong, the timer goes on. */
    private void refresh() {
        try {
            byte[] now = read(Objects.requireNonNull(file));
            if (!Arrays.equals(now, content)) {
                keys = parse(fixed, now);
                content = now;
                LOG.info("The file of API_KEYS_FILE was read again: {} API keys are in force", keys.size());
            }
            complaint = null;
        } catch (RuntimeException e) {
            String why = String.valueOf(e.getMessage());
            // Once, not every time that it is looked at
            if (!why.equals(complaint)) {
                complaint = why;
                LOG.error("The API keys stay as they were: {}", why);
            }
        }
    }

    private static ApiKeys parse(ApiKeys fixed, byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return fixed.with(ApiKeys.parseFile(text)).required(MIN_KEYS);
        } catch (CharacterCodingException e) {
            throw new InvalidSettingException(VARIABLE, "names a file that is not UTF-8", "Write it as plain text");
        }
    }

    private static byte[] read(Path file) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (IOException e) {
            throw new InvalidSettingException(
                    VARIABLE,
                    "names \"%s\", which can't be read (%s)"
                            .formatted(file, e.getClass().getSimpleName()),
                    "Name a file that this process may read");
        }
        if (bytes.length > MAX_BYTES) {
            throw new InvalidSettingException(
                    VARIABLE,
                    "names a file of more than %d bytes".formatted(MAX_BYTES),
                    "Leave out what is not in use");
        }
        return bytes;
    }

    @Override
    public void close() {
        if (timer != null) {
            timer.shutdownNow();
        }
    }
}
