package io.voiceagent.transport.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stage does when its broker goes and comes back, or its place in the log is lost. */
class StageOutageTest {
    private static final CallOutput OUTPUT = new CallOutput.Tool("42", null);

    @TempDir
    Path directory;

    private EmbeddedBroker broker;
    private KafkaSettings settings;
    private Telemetry telemetry;
    private StageClient client;
    private StageRuntime stage;

    @BeforeEach
    void startBroker() {
        broker = EmbeddedBroker.start(directory, 0);
        settings = KafkaSettings.local(broker.bootstrapServers(), 4, 2);
        TopicCreator.ensure(settings, Duration.ofSeconds(30));
        telemetry = Telemetry.start(TelemetryOptions.from(Variables.of(Map.of()), "test-stage", "0", settings));
        client = new StageClient(settings, Stage.TOOL);
    }

    @AfterEach
    void stop() throws Exception {
        stage.close();
        client.close();
        telemetry.close();
        broker.close();
    }

    private String start(CallHandler handler) {
        StageOptions options = new StageOptions(
                Stage.TOOL,
                settings,
                4,
                "1.0",
                Map::of,
                Duration.ofMillis(200),
                Duration.ofMillis(2_500),
                Duration.ofMillis(500),
                Duration.ofSeconds(5));
        stage = StageRuntime.start(options, handler, telemetry, new SimpleMeterRegistry());
        await().atMost(Duration.ofSeconds(20)).until(stage::living);
        return stage.incarnation();
    }

    @Test
    void anOutageStopsNewEffectsAndLosesNoFrame() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch away = new CountDownLatch(1);
        AtomicReference<Throwable> effect = new AtomicReference<>();
        String owner = start(call -> {
            call.beginEffect();
            call.frames().write(new Frame.Text("before "));
            begun.countDown();
            away.await();
            try {
                call.beginEffect();
            } catch (LeaseLostException e) {
                effect.set(e);
            }
            call.frames().write(new Frame.Text("during "));
            call.frames().write(new Frame.Text("after"));
            return new Outcome.Completed(OUTPUT);
        });
        CallRef ref = StageClient.newRef();
        client.call(owner, ref);
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        await().until(() -> client.frames(ref).size() == 2);
        int port = Integer.parseInt(broker.bootstrapServers().split(":")[1]);

        broker.close();
        await().atMost(Duration.ofSeconds(10)).until(() -> !stage.living());
        away.countDown();
        await().untilAsserted(() -> assertThat(effect.get()).isNotNull());
        broker = EmbeddedBroker.start(directory, port);

        CallResult result = client.result(ref, 0, Duration.ofSeconds(40));
        assertThat(result).isInstanceOf(CallResult.Completed.class);
        await().until(() -> client.frames(ref).size() >= ((CallResult.Completed) result).frames());
        assertThat(client.text(ref)).isEqualTo("before during after");
        await().atMost(Duration.ofSeconds(20)).until(stage::living);
        assertThat(stage.incarnation()).isEqualTo(owner);
    }

    @Test
    void aLostPlaceInTheLogBeginsANewLife() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        String owner = start(call -> {
            begun.countDown();
            Thread.sleep(Duration.ofMinutes(1));
            return new Outcome.Completed(OUTPUT);
        });
        CallRef ref = StageClient.newRef();
        client.call(owner, ref);
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

        try (Admin admin = Admin.create(settings.clientProperties())) {
            admin.deleteTopics(List.of(Topics.TOOL_CALLS)).all().get();
        }
        await().ignoreExceptions()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> TopicCreator.ensure(settings, Duration.ofSeconds(5)));

        await().atMost(Duration.ofSeconds(30)).until(() -> !stage.incarnation().equals(owner) && stage.living());
        CallResult.Failed handedBack = (CallResult.Failed) client.result(ref, 0);
        assertThat(handedBack.retryable()).isTrue();
        assertThat(handedBack.incarnation()).isEqualTo(owner);
    }
}
