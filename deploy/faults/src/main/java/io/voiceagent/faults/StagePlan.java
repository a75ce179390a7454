package io.voiceagent.faults;

import io.voiceagent.embedded.Ports;
import io.voiceagent.faults.Accepted.Kind;
import io.voiceagent.faults.StageRow.Ground;
import io.voiceagent.messages.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.node.ObjectNode;

/** The faults of stages, records, clocks and clients, in the order in which they are tried. */
final class StagePlan {
    /** Turns of one fault of the model or of a tool. */
    private static final int TURNS = 8;
    /** Turns that are cancelled while they end. */
    private static final int RACES = 60;

    private static final int TOKENS = 30;
    private static final List<Path> FAKETIME = List.of(
            Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"),
            Path.of("/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"));

    private StagePlan() {}

    /** All of them. */
    static List<StageRow> all() {
        List<StageRow> rows = new ArrayList<>();
        model(rows);
        tools(rows);
        records(rows);
        clocks(rows);
        clients(rows);
        return rows;
    }

    // ---- the model

    private static void model(List<StageRow> rows) {
        rows.add(says("model: 429 with Retry-After, once", "[[fault=429:1]]", Kind.PLAIN));
        rows.add(says("model: 429 always: failed", "[[fault=429]]", Kind.FAILS));
        rows.add(says("model: 500 twice", "[[fault=500:2]]", Kind.PLAIN));
        rows.add(says("model: 503 always: failed", "[[fault=503]]", Kind.FAILS));
        rows.add(new StageRow("model: connection refused at one worker of two", null, StagePlan::refused));
        rows.add(says("model: hangs after the headers, once", "[[fault=hang:1]]", Kind.PLAIN));
        rows.add(says("model: does not answer at all, once", "[[fault=silent:1]]", Kind.PLAIN));
        rows.add(says("model: stalls after 5 tokens, once", "[[stall=5:1]]", Kind.PLAIN));
        rows.add(says("model: stalls after 29 of 30 tokens, once", "[[stall=29:1]]", Kind.PLAIN));
        rows.add(says("model: cut before the first token, once", "[[cut=0:1]]", Kind.PLAIN));
        rows.add(says("model: cut after the first token, once", "[[cut=1:1]]", Kind.PLAIN));
        rows.add(says("model: cut in the middle, twice", "[[cut=15:2]]", Kind.PLAIN));
        rows.add(says("model: cut after the last token, once", "[[cut=30:1]]", Kind.PLAIN));
        rows.add(says("model: cut always: failed", "[[cut=5]]", Kind.FAILS));
        rows.add(says("model: wrong content type, once", "[[fault=badtype:1]]", Kind.PLAIN));
        rows.add(says("model: wrong content type always: failed", "[[fault=badtype]]", Kind.FAILS));
        rows.add(says("model: endless output: failed", "[[fault=endless]] [[tps=20000]]", Kind.FAILS));
        rows.add(says("model: endless output with a bound: incomplete", "[[fault=endless]]", Kind.CUT_SHORT));
        rows.add(calls("model: arguments of a tool that are not JSON, once", "what is 2*3? [[fault=malformed:1]]"));
    }

    private static StageRow says(String name, String misbehaviour, Kind kind) {
        return new StageRow(
                name,
                null,
                ground -> each(ground, TURNS, (customer, number) -> {
                    String text = Customer.tagged(
                            number, "tell me something. [[tokens=%d]] [[tps=40]] %s".formatted(TOKENS, misbehaviour));
                    ObjectNode body = Turns.plain(text);
                    return customer.ask(kind, kind == Kind.CUT_SHORT ? body.put("max_output_tokens", 100) : body, text);
                }));
    }

    private static List<Accepted> refused(Ground ground) {
        String nowhere = "http://127.0.0.1:%d/v1".formatted(Ports.free());
        ground.fleet().relaunch(Role.LLM, 2, Map.of("LLM_BASE_URL", nowhere));
        try {
            return each(ground, TURNS, StagePlan::plain);
        } finally {
            ground.fleet().relaunch(Role.LLM, 2, Map.of());
        }
    }

    private static Accepted plain(Customer customer, int number) {
        String text = Customer.tagged(number, "tell me something. [[tokens=%d]] [[tps=40]]".formatted(TOKENS));
        return customer.ask(Kind.PLAIN, Turns.plain(text), text);
    }

    // ---- tools

    private static void tools(List<StageRow> rows) {
        rows.add(calls("tool: time-out after its effect", "please " + OddTool.LATE));
        rows.add(calls("tool: a result of 6 MB", "please " + OddTool.HUGE));
        rows.add(calls("tool: an exception", "please " + OddTool.BROKEN));
    }

    private static StageRow calls(String name, String asked) {
        return new StageRow(
                name,
                null,
                ground -> each(ground, TURNS, (customer, number) -> {
                    String text = Customer.tagged(number, asked + " [[tps=40]]");
                    return customer.ask(Kind.TOOLS, Turns.tools(text), text);
                }));
    }

    // ---- records

    private static void records(List<StageRow> rows) {
        for (String topic : List.of(
                Topics.REQUESTS,
                Topics.LLM_CALLS,
                Topics.TOOL_CALLS,
                Topics.LLM_RESULTS,
                Topics.TOOL_RESULTS,
                Topics.STREAM,
                Topics.WORKERS,
                Topics.TOOLS)) {
            rows.add(meddled(topic, Meddler.Way.COPIES, "each record twice"));
            rows.add(meddled(topic, Meddler.Way.LATE_COPIES, "each record again after five later ones"));
        }
        rows.add(new StageRow(
                "`agent.steps`: copies",
                "written in transactions by the one orchestrator of a partition, so there are none",
                _ -> List.of()));
        rows.add(new StageRow(
                "`agent.requests`: a cancel, and then the turn",
                "a client has no id before its turn is in the log, and the two are in one partition",
                _ -> List.of()));
        for (String topic : List.of(
                Topics.REQUESTS,
                Topics.LLM_CALLS,
                Topics.TOOL_CALLS,
                Topics.LLM_RESULTS,
                Topics.TOOL_RESULTS,
                Topics.STEPS,
                Topics.STREAM,
                Topics.WORKERS,
                Topics.TOOLS,
                Topics.USAGE)) {
            rows.add(meddled(topic, Meddler.Way.POISON, "poison"));
        }
        rows.add(new StageRow(
                "`otlp_spans`, `otlp_metrics`: poison",
                "no turn waits for them; `LogArchiverTest` sends it to a real archiver",
                _ -> List.of()));
    }

    private static StageRow meddled(String topic, Meddler.Way way, String how) {
        return new StageRow("`%s`: %s".formatted(topic, how), null, ground -> {
            String servers = ground.cluster().bootstrapServers();
            long before = Meddler.deadLetters(servers);
            List<Accepted> turns;
            try (Meddler meddler = Meddler.start(servers, topic, way, ground.seed())) {
                turns = mixed(ground);
                ground.notes().put("written", (long) meddler.written());
            }
            ground.notes().put("dead letters", Meddler.deadLetters(servers) - before);
            return turns;
        });
    }

    /** Turns of all kinds. */
    private static List<Accepted> mixed(Ground ground) {
        return many(ground, Math.max(TURNS, ground.customers()), Customer::ask);
    }

    // ---- clocks

    private static void clocks(List<StageRow> rows) {
        Path library = FAKETIME.stream().filter(Files::exists).findFirst().orElse(null);
        for (Role role : List.of(Role.INGRESS, Role.ORCHESTRATOR, Role.LLM, Role.TOOL)) {
            for (String shift : List.of("+300s", "-300s")) {
                String name = "clock of one %s: five minutes %s"
                        .formatted(
                                role.name().toLowerCase(java.util.Locale.ROOT),
                                shift.startsWith("+") ? "ahead" : "behind");
                rows.add(
                        library == null
                                ? new StageRow(name, "libfaketime is not installed", _ -> List.of())
                                : new StageRow(name, null, ground -> shifted(ground, role, library, shift)));
            }
        }
    }

    private static List<Accepted> shifted(Ground ground, Role role, Path library, String shift) {
        ground.fleet()
                .relaunch(
                        role,
                        2,
                        Map.of(
                                "LD_PRELOAD",
                                library.toString(),
                                "FAKETIME",
                                shift,
                                "FAKETIME_DONT_FAKE_MONOTONIC",
                                "1"));
        try {
            List<Accepted> turns = new ArrayList<>(mixed(ground));
            turns.addAll(mixed(ground));
            return turns;
        } finally {
            ground.fleet().relaunch(role, 2, Map.of());
        }
    }

    // ---- clients

    private static void clients(List<StageRow> rows) {
        rows.add(new StageRow(
                "client: vanishes while it streams, at each of the first 24 events: cancelled, or completed",
                null,
                ground -> each(ground, 24, (customer, number) -> {
                    String text = Customer.tagged(number, "tell me a story. [[tokens=80]] [[tps=40]]");
                    return customer.askAndHangUp(Turns.plain(text), text, 1 + number % 24);
                })));
        rows.add(new StageRow(
                "client: a new connection for each event, at the ingresses in turn",
                null,
                ground -> each(ground, TURNS, (customer, number) -> {
                    String text = Customer.tagged(number, "tell me something. [[tokens=40]] [[tps=40]]");
                    return customer.askAndReconnect(Turns.plain(text), text);
                })));
        rows.add(
                new StageRow("client: comes back at every position of what has ended", null, StagePlan::everyPosition));
        rows.add(new StageRow(
                "client: reads slowly",
                "`SlowReadersTest` of the ingress, and the suite that overloads, do",
                _ -> List.of()));
        rows.add(new StageRow(
                "client: cancels while the turn ends, %d moments of it".formatted(RACES),
                null,
                ground -> each(ground, RACES, (customer, number) -> {
                    String text = Customer.tagged(number, "be quick. [[tokens=12]] [[ttft=20]] [[tps=100]]");
                    return customer.askAndCancel(Turns.plain(text), text, Duration.ofMillis(7L * (number % RACES)));
                })));
    }

    private static List<Accepted> everyPosition(Ground ground) {
        List<Accepted> turns = each(ground, 2, StagePlan::plain);
        for (Accepted turn : turns) {
            for (int after = -1; after < turn.events().size() - 1; after++) {
                for (ApiClient api : ground.fleet().apis()) {
                    List<String> rest = api.stream(turn.id(), after).stream()
                            .map(ApiClient.Event::data)
                            .toList();
                    List<String> expected = turn.events().stream()
                            .skip(after + 1L)
                            .map(ApiClient.Event::data)
                            .toList();
                    if (!rest.equals(expected)) {
                        ground.refused().add("%s after %d: %s".formatted(turn.id(), after, rest));
                    }
                }
            }
        }
        return turns;
    }

    // ---- how

    private interface One {
        Accepted ask(Customer customer, int number);
    }

    private interface Many {
        List<Accepted> ask(Customer customer, int number);
    }

    private static List<Accepted> each(Ground ground, int turns, One one) {
        return many(ground, turns, (customer, number) -> List.of(one.ask(customer, number)));
    }

    private static List<Accepted> many(Ground ground, int times, Many many) {
        List<Accepted> turns = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger left = new AtomicInteger(times);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> asking = new ArrayList<>();
            for (int i = 0; i < ground.customers(); i++) {
                Customer customer = new Customer(ground.fleet().apis(), i % 2, ground.refusals());
                asking.add(threads.submit(() -> {
                    while (left.getAndDecrement() > 0) {
                        try {
                            turns.addAll(many.ask(customer, ground.numbers().incrementAndGet()));
                        } catch (IllegalStateException e) {
                            ground.refused().add(String.valueOf(e.getMessage()));
                        }
                    }
                }));
            }
            for (Future<?> one : asking) {
                one.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
        return List.copyOf(turns);
    }

    /** Those whose name has one of the words; all when there are none. */
    static List<StageRow> only(List<StageRow> rows, List<String> words) {
        return words.isEmpty()
                ? rows
                : rows.stream()
                        .filter(row -> words.stream().anyMatch(row.name()::contains))
                        .toList();
    }
}
