package io.voiceagent.ingress.webhook;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.SettingsFile;
import io.voiceagent.transport.WatchedFile;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The endpoints, read anew when the file changes; see {@link WatchedFile}. */
final class EndpointsWatch implements AutoCloseable {
    private final WatchedFile<Endpoints> watched;

    private EndpointsWatch(WatchedFile<Endpoints> watched) {
        this.watched = watched;
    }

    /** @throws InvalidSettingException the file can't be read or used */
    static EndpointsWatch start(Path file, boolean allowPrivate, Duration pause) {
        return new EndpointsWatch(WatchedFile.open(new Content(EndpointsFile.at(file), allowPrivate), pause));
    }

    Endpoints current() {
        return watched.get();
    }

    /** What is wrong with the file as it is now, null when nothing is. */
    @Nullable
    String problem() {
        return watched.problem();
    }

    @Override
    public void close() {
        watched.close();
    }

    private record Content(SettingsFile file, boolean allowPrivate) implements WatchedFile.Setting<Endpoints> {
        @Override
        public String name() {
            return "endpoints for webhooks";
        }

        @Override
        public Endpoints parse(String text) {
            return EndpointsFile.parse(text, allowPrivate);
        }

        @Override
        public int count(Endpoints endpoints) {
            return endpoints.all().size();
        }
    }
}
