package io.voiceagent.transport.deadletters;

import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Variables;
import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Lists, shows and writes again what readers put aside. A letter is written to its topic and noted beside itself in one transaction, so it
 * is not written twice unless that is asked for, whatever dies in between, and whoever else runs this.
 *
 * <p>What users wrote is printed by {@code show} alone.
 */
public final class DeadLetters {
    /** Fences whoever else runs this at the same time. */
    static final String TRANSACTIONAL_ID = "voice-agent-dead-letters";

    private static final int MAX_RECORD_BYTES = 8 << 20;
    private static final int MAX_REASON_CHARS = 200;

    private final KafkaSettings kafka;
    private final PrintStream out;

    DeadLetters(KafkaSettings kafka, PrintStream out) {
        this.kafka = kafka;
        this.out = out;
    }

    /**
     * Runs one command with the variables of any service: {@code list}, {@code show} or {@code replay}. Ends with 0; with 1 when something
     * could not be done; with 2 when it was not understood.
     */
    public static void main(String[] args) {
        System.exit(run(args, Variables.ofEnvironment(), System.out, System.err));
    }

    static int run(String[] args, Variables variables, PrintStream out, PrintStream errors) {
        Arguments arguments;
        try {
            arguments = Arguments.parse(args);
        } catch (CommandException e) {
            errors.println("dead-letters: " + e.getMessage());
            return 2;
        }
        try {
            new DeadLetters(KafkaSettings.from(variables), out).run(arguments);
            return 0;
        } catch (CommandException | InvalidSettingException | KafkaException e) {
            errors.println("dead-letters: " + Text.clean(String.valueOf(e.getMessage()), 1_000));
            return 1;
        }
    }

    private void run(Arguments arguments) {
        switch (arguments.verb()) {
            case LIST -> list(arguments);
            case SHOW -> show(Place.parse(arguments.operands().getFirst()), arguments.limit());
            case REPLAY ->
                replay(arguments.operands().stream().map(Place::parse).toList(), arguments.force());
        }
    }

    /** The latest of each topic: where and when, from where, of which turn, how large, whether written again, and why. */
    private void list(Arguments arguments) {
        try (LetterLog log = new LetterLog(kafka)) {
            Set<String> known = log.topics(Topics.DLT_SUFFIX);
            for (String asked : arguments.operands()) {
                if (!known.contains(asked)) {
                    throw new CommandException("%s is no dead-letter topic; there are %s"
                            .formatted(Text.clean(asked, 100), String.join(", ", known)));
                }
            }
            long letters = 0;
            for (String topic : arguments.operands().isEmpty() ? known : arguments.operands()) {
                letters += list(log, topic, arguments);
            }
            if (letters == 0) {
                out.println("No dead letters.");
            }
        }
    }

    private long list(LetterLog log, String topic, Arguments arguments) {
        Deque<Line> last = new ArrayDeque<>();
        Set<Place> replayed = new HashSet<>();
        long[] all = new long[1];
        log.forEach(topic, letter -> {
            Long note = letter.note();
            if (note != null) {
                replayed.add(Place.of(topic, letter.record().partition(), note));
            } else if (arguments.turn() == null || arguments.turn().equals(letter.header(Headers.RESPONSE_ID))) {
                all[0]++;
                last.addLast(Line.of(letter));
                if (last.size() > arguments.limit()) {
                    last.removeFirst();
                }
            }
        });
        if (all[0] > last.size()) {
            out.printf("%s has %,d; the last %,d:%n", topic, all[0], last.size());
        }
        last.forEach(line -> out.println(line.text(replayed.contains(line.place()))));
        return all[0];
    }

    /** One line of the list; the letter itself may be megabytes, and is let go. */
    private record Line(Place place, String before, String reason) {
        static Line of(Letter letter) {
            String turn = letter.header(Headers.RESPONSE_ID);
            String before = "%s %s from %s %s %s %,d bytes"
                    .formatted(
                            letter.place(),
                            letter.time().truncatedTo(ChronoUnit.SECONDS),
                            Text.clean(letter.origin(), 300),
                            turn == null ? "-" : Text.clean(turn, 60),
                            Text.clean(Objects.requireNonNullElse(letter.header(Headers.TYPE), "-"), 40),
                            letter.bytes());
            return new Line(letter.place(), before, Text.clean(Text.unquoted(letter.reason()), MAX_REASON_CHARS));
        }

        String text(boolean replayed) {
            return before + (replayed ? " replayed: " : ": ") + reason;
        }
    }

    private void show(Place place, int most) {
        try (LetterLog log = new LetterLog(kafka)) {
            Letter letter = log.at(place);
            out.printf("%s, %s%n", place, letter.time());
            if (log.replayed(place.partition()).contains(place.offset())) {
                out.println("written again");
            }
            byte[] key = letter.record().key();
            out.println("key: " + (key == null ? "none" : Text.of(key, most)));
            for (Header header : letter.record().headers()) {
                out.println(Text.clean(header.key(), 200) + ": "
                        + (header.value() == null ? "" : Text.of(header.value(), most)));
            }
            byte[] value = letter.record().value();
            out.println(value == null ? "no value" : "\n" + Text.of(value, most));
        }
    }

    private void replay(List<Place> places, boolean force) {
        try (LetterLog log = new LetterLog(kafka);
                Producer<byte[], byte[]> producer = producer()) {
            // First, so that no one else adds a note after they were read
            producer.initTransactions();
            for (Place place : places) {
                Letter letter = log.at(place);
                if (!force && log.replayed(place.partition()).contains(place.offset())) {
                    throw new CommandException(
                            "%s was written again before; --force writes it once more".formatted(place));
                }
                var again = letter.again();
                writeBoth(producer, again, letter.noted());
                out.printf("%s is written to %s-%d again%n", place, again.topic(), again.partition());
            }
        }
    }

    private static void writeBoth(
            Producer<byte[], byte[]> producer,
            ProducerRecord<byte[], byte[]> again,
            ProducerRecord<byte[], byte[]> note) {
        producer.beginTransaction();
        try {
            producer.send(again);
            producer.send(note);
            producer.commitTransaction();
        } catch (ProducerFencedException e) {
            throw new CommandException("Somebody else writes dead letters again at this moment; nothing was written");
        } catch (KafkaException e) {
            producer.abortTransaction();
            throw e;
        }
    }

    private Producer<byte[], byte[]> producer() {
        Map<String, Object> properties = kafka.clientProperties();
        properties.put("client.id", "dead-letters");
        properties.put("transactional.id", TRANSACTIONAL_ID);
        properties.put("max.request.size", MAX_RECORD_BYTES);
        properties.put("max.block.ms", 30_000);
        properties.put("delivery.timeout.ms", 30_000);
        properties.put("request.timeout.ms", 10_000);
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
