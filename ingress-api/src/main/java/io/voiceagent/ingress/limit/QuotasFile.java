package io.voiceagent.ingress.limit;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.SettingsFile;
import io.voiceagent.transport.WatchedFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The quotas that are in force: those of a file that is read again whenever it changes. A file that can't be used changes nothing.
 *
 * @see WatchedFile
 */
public final class QuotasFile implements Supplier<Quotas>, AutoCloseable {
    private final @Nullable WatchedFile<Quotas> watched;

    private QuotasFile(@Nullable WatchedFile<Quotas> watched) {
        this.watched = watched;
    }

    /**
     * Reads the file for the first time; throws {@link InvalidSettingException} when it can't be used.
     *
     * @param interval how soon a change is in force
     */
    public static QuotasFile open(LimitSettings settings, Duration interval) {
        Path file = settings.quotasFile();
        return new QuotasFile(
                file == null ? null : WatchedFile.open(new Content(Quotas.at(file), settings.prices()), interval));
    }

    @Override
    public Quotas get() {
        return watched == null ? Quotas.NONE : watched.get();
    }

    private record Content(SettingsFile file, Prices prices) implements WatchedFile.Setting<Quotas> {
        @Override
        public String name() {
            return "quotas";
        }

        @Override
        public Quotas parse(String text) {
            return Quotas.parse(file, text, prices);
        }

        @Override
        public int count(Quotas quotas) {
            return quotas.size();
        }
    }

    @Override
    public void close() {
        if (watched != null) {
            watched.close();
        }
    }
}
