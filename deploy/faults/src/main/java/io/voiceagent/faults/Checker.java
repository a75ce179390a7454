package io.voiceagent.faults;

import io.voiceagent.faults.Accepted.Kind;
import io.voiceagent.faults.ApiClient.Event;
import io.voiceagent.messages.Json;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Compares what clients saw with what the world outside saw. */
final class Checker {
    /** Turns that wait for less were not held up by the fault. */
    private static final long HELD_MILLIS = 1_500;
    /** A gap that ends later than this after the harm has another reason. */
    private static final long WINDOW_NANOS = Duration.ofSeconds(30).toNanos();

    private static final Pattern TAG = Pattern.compile(" \\[\\[tag=(\\d+)]]");

    /** Asked directly, the model is to behave. */
    private static final Pattern MISBEHAVIOUR = Pattern.compile(" ?\\[\\[(?:fault|cut|stall)=[^\\]]*]]");

    private final Simulator simulator;
    private final EffectServer effects;
    private final DirectModel model;
    private final Set<String> effectsSeen = new HashSet<>();
    private final Set<String> repetitionsSeen = new HashSet<>();

    Checker(Cluster cluster, EffectServer effects) {
        this(cluster.simulator(), effects);
    }

    /** @param simulator the model that all turns are answered by */
    Checker(Simulator simulator, EffectServer effects) {
        this.simulator = simulator;
        this.effects = effects;
        this.model = new DirectModel(simulator.baseUrl());
    }

    private static final class Counts {
        final AtomicInteger mixed = new AtomicInteger();
        final AtomicInteger disagreeing = new AtomicInteger();
        final AtomicInteger lostEffects = new AtomicInteger();
        final ConcurrentLinkedQueue<String> breaches = new ConcurrentLinkedQueue<>();
    }

    /** @param readers APIs of ingresses that are well */
    Verdict check(Batch.Result batch, List<ApiClient> readers) {
        return check(batch.turns(), batch.refused(), batch.harmedNanos(), readers);
    }

    /**
     * Checks turns of customers.
     *
     * @param refused what customers gave up with
     * @param harmedNanos {@link System#nanoTime} of the harm, 0: none was done
     */
    Verdict check(List<Accepted> turns, List<String> refused, long harmedNanos, List<ApiClient> readers) {
        Counts counts = new Counts();
        List<Accepted> ended = new ArrayList<>();
        int lost = 0;
        int failed = 0;
        for (Accepted turn : turns) {
            JsonNode end = turn.ended();
            if (end == null || turn.missing() > 0) {
                lost++;
                counts.breaches.add("%s %s did not end: %d events, %d times missing"
                        .formatted(turn.kind(), turn.id(), turn.events().size(), turn.missing()));
            }
            if (end != null) {
                ended.add(turn);
                if (!asExpected(turn)) {
                    failed++;
                    counts.breaches.add(
                            "%s %s ended %s: %s".formatted(turn.kind(), turn.id(), turn.status(), end.path("error")));
                }
            }
        }
        inParallel(ended, turn -> checkTurn(turn, readers, counts));
        refused.forEach(refusal -> counts.breaches.add("refused: " + refusal));
        return new Verdict(
                turns.size(),
                ended.size(),
                lost,
                failed,
                more(effects.effects(), effectsSeen, counts.breaches),
                counts.lostEffects.get(),
                counts.mixed.get(),
                counts.disagreeing.get(),
                (int) ended.stream()
                        .flatMap(turn -> calls(turn).stream())
                        .filter(Checker::unknown)
                        .count(),
                more(effects.repeatable(), repetitionsSeen, null),
                extraModelCalls(turns),
                harmedNanos == 0 ? List.of() : held(turns, harmedNanos),
                List.copyOf(counts.breaches));
    }

    private static boolean asExpected(Accepted turn) {
        String wanted = switch (turn.kind()) {
            case CANCELLED -> "cancelled";
            case FAILS -> "failed";
            case CUT_SHORT -> "incomplete";
            case PLAIN, TOOLS, CONVERSATION, ASKS_APPROVAL, APPROVED -> "completed";
        };
        return turn.status().equals(wanted)
                || turn.kind() == Kind.CANCELLED && turn.status().equals("completed");
    }

    private void checkTurn(Accepted turn, List<ApiClient> readers, Counts counts) {
        JsonNode response = Objects.requireNonNull(turn.ended());
        List<String> seen = turn.events().stream().map(Event::data).toList();
        for (int i = 0; i < seen.size(); i++) {
            if (turn.events().get(i).json().path("sequence_number").asInt(-1) != i) {
                counts.disagreeing.incrementAndGet();
                counts.breaches.add(turn.id() + ": event " + i + " has another number");
                break;
            }
        }
        for (ApiClient reader : readers) {
            List<String> late =
                    reader.stream(turn.id(), -1).stream().map(Event::data).toList();
            if (!late.equals(seen)) {
                counts.disagreeing.incrementAndGet();
                counts.breaches.add("%s: a late reader sees %d events, the client saw %d%s"
                        .formatted(turn.id(), late.size(), seen.size(), firstDifference(late, seen)));
            }
            JsonNode polled = Json.tree(reader.get("/responses/" + turn.id()).body());
            if (!polled.equals(response)) {
                counts.disagreeing.incrementAndGet();
                counts.breaches.add(turn.id() + ": polled " + polled + " but streamed " + response);
            }
        }
        checkText(turn, response, counts);
        checkEffects(turn, counts);
    }

    private static String firstDifference(List<String> late, List<String> seen) {
        for (int i = 0; i < Math.min(late.size(), seen.size()); i++) {
            if (!late.get(i).equals(seen.get(i))) {
                return ", first difference at %d: %s / %s".formatted(i, late.get(i), seen.get(i));
            }
        }
        return "";
    }

    private void checkText(Accepted turn, JsonNode response, Counts counts) {
        String asked =
                MISBEHAVIOUR.matcher(TAG.matcher(turn.asked()).replaceAll("")).replaceAll("");
        String text = Turns.text(response);
        boolean right = switch (turn.kind()) {
            case PLAIN, CONVERSATION -> !turn.status().equals("completed") || text.equals(model.answer(asked));
            case TOOLS, APPROVED -> !turn.status().equals("completed") || text.equals(model.answer(asked, response));
            case CANCELLED -> model.answer(asked).startsWith(text);
            case ASKS_APPROVAL, FAILS -> text.isEmpty();
            case CUT_SHORT -> !text.isEmpty();
        };
        if (!right) {
            counts.mixed.incrementAndGet();
            counts.breaches.add("%s %s: the model does not say \"%s\"".formatted(turn.kind(), turn.id(), text));
        }
        for (JsonNode item : response.path("output")) {
            if (item.path("type").asString("").equals("message")) {
                StringBuilder whole = new StringBuilder();
                item.path("content")
                        .forEach(part -> whole.append(part.path("text").asString("")));
                String streamed = Turns.deltas(turn.events(), item.path("id").asString());
                if (!streamed.contentEquals(whole)) {
                    counts.mixed.incrementAndGet();
                    counts.breaches.add("%s %s: streamed \"%s\", accepted \"%s\""
                            .formatted(turn.kind(), turn.id(), streamed, whole));
                }
            }
        }
    }

    /** An effect that the model was told of has happened. */
    private void checkEffects(Accepted turn, Counts counts) {
        long told = calls(turn).stream()
                .filter(call -> call.path("name").asString("").equals(EffectTool.ONCE))
                .filter(call -> call.path("output").isString() && !unknown(call))
                .count();
        long happened = effects.effects().keySet().stream()
                .filter(key -> key.startsWith(turn.id()))
                .count();
        if (happened < told) {
            counts.lostEffects.incrementAndGet();
            counts.breaches.add("%s: %d effects told, %d happened".formatted(turn.id(), told, happened));
        }
    }

    private static List<JsonNode> calls(Accepted turn) {
        JsonNode ended = turn.ended();
        return ended == null ? List.of() : Turns.calls(ended);
    }

    private static boolean unknown(JsonNode call) {
        return !call.path("error").isNull() && !call.path("error").isMissingNode();
    }

    /** Keys with more than one effect that no earlier batch has seen. */
    private static int more(
            Map<String, AtomicInteger> counted, Set<String> seen, @Nullable ConcurrentLinkedQueue<String> breaches) {
        int more = 0;
        for (Map.Entry<String, AtomicInteger> effect : counted.entrySet()) {
            if (effect.getValue().get() > 1 && seen.add(effect.getKey())) {
                more++;
                if (breaches != null) {
                    breaches.add("effect " + effect.getKey() + " happened "
                            + effect.getValue().get() + " times");
                }
            }
        }
        return more;
    }

    private int extraModelCalls(List<Accepted> turns) {
        Map<String, Integer> needed = new HashMap<>();
        for (Accepted turn : turns) {
            var tag = TAG.matcher(turn.asked());
            if (tag.find()) {
                boolean second = turn.kind() == Kind.TOOLS && !calls(turn).isEmpty();
                needed.merge(tag.group(1), second ? 2 : 1, Integer::sum);
            }
        }
        SimulatorStats stats = simulator.stats();
        return needed.entrySet().stream()
                .mapToInt(need -> (int) Math.max(0, stats.tag(need.getKey()).requests() - need.getValue()))
                .sum();
    }

    /** For each turn its longest wait for an event that began or went on after the harm, when it is a long one. */
    private static List<Long> held(List<Accepted> turns, long harmedNanos) {
        List<Long> held = new ArrayList<>();
        for (Accepted turn : turns) {
            long longest = 0;
            long last = turn.submittedNanos();
            for (Event event : turn.events()) {
                long from = Math.max(last, harmedNanos);
                if (event.nanos() > from && from < harmedNanos + WINDOW_NANOS) {
                    longest = Math.max(longest, event.nanos() - from);
                }
                last = event.nanos();
            }
            if (longest / 1_000_000 >= HELD_MILLIS) {
                held.add(longest / 1_000_000);
            }
        }
        return held;
    }

    private interface Check {
        void run(Accepted turn);
    }

    private static void inParallel(List<Accepted> turns, Check check) {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> running = new ArrayList<>();
            turns.forEach(turn -> running.add(threads.submit(() -> check.run(turn))));
            for (Future<?> one : running) {
                one.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
