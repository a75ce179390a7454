package io.voiceagent.transport;

import io.voiceagent.embedded.EmbeddedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One real broker for all tests that ask for it, with all topics; stopped when the tests are over. */
public final class KafkaBroker implements BeforeAllCallback {
    /** Partitions of {@code agent.*}. */
    public static final int AGENT_PARTITIONS = 4;

    /** Partitions of {@code *.calls}. */
    public static final int CALL_PARTITIONS = 4;

    private static volatile Started started;

    @Override
    public void beforeAll(ExtensionContext context) {
        started = context.getRoot()
                .getStore(ExtensionContext.Namespace.create(KafkaBroker.class))
                .computeIfAbsent(Started.class, k -> new Started(), Started.class);
    }

    public static KafkaSettings settings() {
        return started.settings;
    }

    private static final class Started implements AutoCloseable {
        final Path directory;
        final EmbeddedBroker broker;
        final KafkaSettings settings;

        Started() {
            try {
                directory = Files.createTempDirectory("kafka");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            broker = EmbeddedBroker.start(directory, 0);
            settings = KafkaSettings.local(broker.bootstrapServers(), AGENT_PARTITIONS, CALL_PARTITIONS);
            TopicCreator.ensure(settings, Duration.ofSeconds(30));
        }

        @Override
        public void close() throws IOException {
            broker.close();
            try (var files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
            }
        }
    }
}
