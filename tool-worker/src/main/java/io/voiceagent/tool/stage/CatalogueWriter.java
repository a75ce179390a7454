package io.voiceagent.tool.stage;

import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.Topics;
import io.voiceagent.tool.core.Catalogue;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;

/** Describes the tools of this worker on {@link Topics#TOOLS}; to be done before the worker announces them. */
public final class CatalogueWriter {
    private CatalogueWriter() {}

    /**
     * Writes all descriptions and waits until they are acknowledged.
     *
     * @throws IllegalStateException when they are not within {@code atMost}
     */
    public static void write(KafkaSettings kafka, Catalogue catalogue, Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        try (Producer<String, byte[]> producer = Producers.stage(
                kafka, "tool-catalogue-" + ProcessHandle.current().pid())) {
            List<Future<RecordMetadata>> pending = new ArrayList<>();
            for (ToolDescription description : catalogue.descriptions()) {
                pending.add(producer.send(Records.tool(description)));
            }
            producer.flush();
            for (Future<RecordMetadata> written : pending) {
                written.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("The tools could not be described on the topic " + Topics.TOOLS, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while describing the tools", e);
        }
    }
}
