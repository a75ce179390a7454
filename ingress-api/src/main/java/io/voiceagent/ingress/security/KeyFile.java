package io.voiceagent.ingress.security;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.SettingsFile;
import io.voiceagent.transport.WatchedFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys that are in force: those of the variable, and those of a file that is read again whenever it changes, so that keys are exchanged
 * without a restart. A file that can't be used changes nothing.
 *
 * @see WatchedFile
 */
public final class KeyFile implements Supplier<ApiKeys>, AutoCloseable {
    private static final String VARIABLE = "API_KEYS_FILE";
    private static final int MAX_BYTES = 4 << 20;
    private static final String REMEDY =
            "Name a file of plain text that this process may read, with the keys that are in use";
    /** One for a client and one to take its place. */
    private static final int MIN_KEYS = 2;

    private final @Nullable WatchedFile<ApiKeys> watched;
    private final Supplier<ApiKeys> keys;

    private KeyFile(ApiKeys fixed, @Nullable Path file, Duration interval) {
        if (file == null) {
            ApiKeys all = fixed.required(MIN_KEYS);
            this.watched = null;
            this.keys = () -> all;
        } else {
            this.watched = WatchedFile.open(new Content(fixed, file(file)), interval);
            this.keys = watched;
        }
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
        ApiKeys unused = file == null
                ? fixed.required(MIN_KEYS)
                : parse(fixed, file(file).text());
    }

    @Override
    public ApiKeys get() {
        return keys.get();
    }

    private record Content(ApiKeys fixed, SettingsFile file) implements WatchedFile.Setting<ApiKeys> {
        @Override
        public String name() {
            return "API keys";
        }

        @Override
        public ApiKeys parse(String text) {
            return KeyFile.parse(fixed, text);
        }

        @Override
        public int count(ApiKeys keys) {
            return keys.size();
        }
    }

    private static ApiKeys parse(ApiKeys fixed, String text) {
        return fixed.with(ApiKeys.parseFile(text)).required(MIN_KEYS);
    }

    private static SettingsFile file(Path path) {
        return new SettingsFile(VARIABLE, path, MAX_BYTES, REMEDY);
    }

    @Override
    public void close() {
        if (watched != null) {
            watched.close();
        }
    }
}
