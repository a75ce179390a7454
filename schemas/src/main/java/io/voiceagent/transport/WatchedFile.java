package io.voiceagent.transport;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A setting in a file that is read again and taken when its bytes have changed, without a restart. A file that can't be used changes nothing:
 * the setting stays as it was, and the log says why, once.
 *
 * <p>The file is read now and then rather than watched, since mounted configuration is exchanged by a link far above it, which no watch on the
 * file sees, and whose times say little.
 */
public final class WatchedFile<T> implements Supplier<T>, AutoCloseable {
    /** How soon a change is in force. */
    public static final Duration INTERVAL = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(WatchedFile.class);

    private final Setting<T> setting;
    private final ScheduledExecutorService timer;
    private byte[] content;
    private volatile T value;
    private volatile @Nullable String problem;

    /** What is in the file. {@code parse} throws an {@link InvalidSettingException}, which names the variable and the remedy, and no secret. */
    public interface Setting<T> {
        /** For people, in the plural: the subject of "stay as they were". */
        String name();

        /** Where it stands. */
        SettingsFile file();

        /** What the text says. */
        T parse(String text);

        /** How many there are, for the log. */
        int count(T value);
    }

    private WatchedFile(Setting<T> setting, Duration interval) {
        this.setting = setting;
        this.content = setting.file().bytes();
        this.value = parse(content);
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("watched-file").factory());
        var unused = timer.scheduleWithFixedDelay(
                this::refresh, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Reads the file for the first time.
     *
     * @throws InvalidSettingException when it can't be used
     */
    public static <T> WatchedFile<T> open(Setting<T> setting, Duration interval) {
        return new WatchedFile<>(setting, interval);
    }

    @Override
    public T get() {
        return value;
    }

    /** What is wrong with the file as it is now, null when nothing is. */
    public @Nullable String problem() {
        return problem;
    }

    /** Whatever goes wrong, the timer goes on. */
    private void refresh() {
        try {
            byte[] now = setting.file().bytes();
            if (!Arrays.equals(now, content)) {
                T changed = parse(now);
                value = changed;
                content = now;
                LOG.info("{} {} are in force now", setting.count(changed), setting.name());
            }
            problem = null;
        } catch (RuntimeException e) {
            String why = String.valueOf(e.getMessage());
            // Once, not every time that it is looked at
            if (!why.equals(problem)) {
                LOG.error("The {} stay as they were: {}", setting.name(), why);
            }
            problem = why;
        }
    }

    private T parse(byte[] bytes) {
        return setting.parse(setting.file().text(bytes));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
