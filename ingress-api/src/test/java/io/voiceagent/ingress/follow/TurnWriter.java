package io.voiceagent.ingress.follow;

import io.opentelemetry.context.Context;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.Usage;
import io.voiceagent.messages.fold.ResponseFold;
import io.voiceagent.transport.Records;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes the records of one turn as orchestrator and worker would. */
public final class TurnWriter {
    public static final String TENANT = "acme";

    final ResponseId id;
    final Request.Submit submit;
    private final Producer<String, byte[]> producer;
    private int frames;

    TurnWriter(Producer<String, byte[]> producer, int partition) {
        this(producer, partition, Instant.now());
    }

    TurnWriter(Producer<String, byte[]> producer, int partition, Instant submittedAt) {
        this(producer, mint(partition, submittedAt));
    }

    /** Of a turn that has an id already. */
    public TurnWriter(Producer<String, byte[]> producer, ResponseId id) {
        this(producer, id, true);
    }

    private TurnWriter(Producer<String, byte[]> producer, ResponseId id, boolean store) {
        this.producer = producer;
        this.id = id;
        long submittedAt = id.submittedAt().toEpochMilli();
        this.submit = new Request.Submit(
                id.toString(), id.conversation(), TENANT, submittedAt, submittedAt + 600_000, spec(store));
    }

    /** Of a turn that is not to be kept. */
    static TurnWriter unstored(Producer<String, byte[]> producer, int partition, Instant submittedAt) {
        return new TurnWriter(producer, mint(partition, submittedAt), false);
    }

    private static ResponseId mint(int partition, Instant submittedAt) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        byte[] signed = ResponseId.signedBytes(
                1, ResponseId.conversation(partition, random.nextLong()), submittedAt, random.nextInt());
        return ResponseId.parse(ResponseId.format(signed, new byte[ResponseId.MAC_BYTES]));
    }

    private static ResponseSpec spec(boolean store) {
        return ResponseSpec.builder("model-1", "Hi")
                .metadata(Map.of("b", "1"))
                .store(store)
                .build();
    }

    public TurnWriter request() {
        return send(Records.request(submit, Context.root()));
    }

    public TurnWriter accepted() {
        return step(new StepEvent.Accepted(
                id.toString(),
                id.conversation(),
                TENANT,
                submit.submittedAt() + 1,
                submit.submittedAt(),
                submit.deadlineAt(),
                ResponseFold.VERSION,
                submit.spec(),
                List.of(),
                null));
    }

    public TurnWriter started() {
        return step(new StepEvent.StepStarted(
                id.toString(), id.conversation(), submit.submittedAt(), 0, StepEvent.StepKind.MODEL, List.of()));
    }

    public TurnWriter opened() {
        frames = 1;
        return frame(new Frame.Opened(ref(), id.conversation(), "w1"));
    }

    /** Of a turn of which so many frames have been written already. */
    public TurnWriter frames(int written) {
        frames = written;
        return this;
    }

    public TurnWriter text(String text) {
        return frame(new Frame.Deltas(ref(), id.conversation(), "w1", frames++, List.of(new Frame.Text(text))));
    }

    public TurnWriter stepEnded() {
        CallOutput output = new CallOutput.Model(List.of(), CallOutput.Finish.STOP, Usage.NONE, null);
        return step(new StepEvent.StepEnded(
                id.toString(),
                id.conversation(),
                submit.submittedAt(),
                0,
                List.of(new StepEvent.CallOutcome(ref(), frames, false, true, output, null))));
    }

    public TurnWriter ended() {
        return step(new StepEvent.Ended(
                id.toString(),
                id.conversation(),
                submit.submittedAt() + 1_000,
                StepEvent.Status.COMPLETED,
                null,
                null,
                new Usage(3, 0, 4, 0)));
    }

    public TurnWriter deleted() {
        return step(new StepEvent.Deleted(id.toString(), id.conversation(), TENANT, submit.submittedAt() + 2_000));
    }

    /** A whole turn with that many pieces of text; the steps run ahead of the frames. */
    public TurnWriter whole(int pieces) {
        accepted().started().opened();
        for (int i = 0; i < pieces; i++) {
            text("piece " + i + " ");
        }
        return stepEnded().ended();
    }

    private CallRef ref() {
        return new CallRef(id.toString(), 0, 0, 0);
    }

    private TurnWriter step(StepEvent event) {
        return send(new ProducerRecord<>(
                Topics.STEPS,
                id.partition(),
                id.conversation(),
                Json.write(event),
                Records.headers(event, Context.root())));
    }

    private TurnWriter frame(Frame frame) {
        return send(Records.frame(frame, Context.root()));
    }

    private TurnWriter send(ProducerRecord<String, byte[]> record) {
        producer.send(record);
        return this;
    }
}
