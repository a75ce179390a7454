package io.voiceagent.ingress.webhook;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.WatchedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
        return new EndpointsWatch(WatchedFile.open(new Content(file, allowPrivate), pause));
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

    private record Content(Path file, boolean allowPrivate) implements WatchedFile.Setting<Endpoints> {
        @Override
        public String name() {
            return "endpoints for webhooks";
        }

        @Override
        public byte[] read() {
            try (InputStream in = Files.newInputStream(file)) {
                return in.readNBytes(EndpointsFile.MAX_BYTES + 1);
            } catch (IOException e) {
                throw new InvalidSettingException(
                        EndpointsFile.VARIABLE,
                        "names %s, which can't be read (%s)"
                                .formatted(file, e.getClass().getSimpleName()),
                        "Name a readable file, or leave the variable out for no webhooks");
            }
        }

        @Override
        public Endpoints parse(byte[] bytes) {
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

        @Override
        public int count(Endpoints endpoints) {
            return endpoints.all().size();
        }
    }
}
