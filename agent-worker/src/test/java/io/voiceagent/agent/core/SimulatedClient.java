package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.Concurrency;
import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Request.Registration;
import io.voiceagent.messages.Request.Registration.Kind;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Sends turns of all kinds, some of which continue others, some twice, and some of which it cancels. */
final class SimulatedClient {
    private static final int MOST_TURNS = 10;

    private final Simulation simulation;
    private final World world;
    private final Map<String, Request.Submit> sent = new LinkedHashMap<>();
    private final Map<String, Request.Submit> everSent = new LinkedHashMap<>();
    private final Set<String> open = new LinkedHashSet<>();
    /** The conversation of this world, null when there is none. */
    private String line;

    private int planned;
    private int number;

    SimulatedClient(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world;
        int turns = world.between(2, 6);
        if (world.chance(0.5)) {
            createConversation();
            turns += world.between(0, 4);
        }
        for (int i = 0; i < Math.min(turns, simulation.setup.turns()); i++) {
            plan(world.between(100, 30_000), () -> submit(previous(), List.of()));
        }
    }

    /** Whether nothing is to come and all that was sent has ended. */
    boolean done() {
        return planned == 0 && open.isEmpty();
    }

    /** What was submitted under that id; null: nothing. */
    Request.Submit submitted(String id) {
        return everSent.get(id);
    }

    Set<String> open() {
        return open;
    }

    private void plan(long delay, Runnable action) {
        planned++;
        world.after(delay, () -> {
            planned--;
            action.run();
        });
    }

    void committed(StepEvent event) {
        if (event instanceof StepEvent.Refused || event instanceof StepEvent.Repeated) {
            open.remove(event.responseId());
            sent.remove(event.responseId());
        }
        if (!(event instanceof StepEvent.Ended ended)) {
            return;
        }
        open.remove(ended.responseId());
        List<Item> answers = new ArrayList<>();
        for (Item.ToolCall call : simulation.invariants.callsForTheClient(ended.responseId())) {
            answers.add(new Item.ToolResult(call.callId(), "done by the client", false, call.name()));
        }
        List<String> requests = simulation.invariants.approvalRequests(ended.responseId());
        if (!requests.isEmpty()) {
            answerRequests(ended.responseId(), requests, answers);
            return;
        }
        if (!answers.isEmpty() && ended.status() == StepEvent.Status.COMPLETED) {
            world.tally.count(Happening.CLIENT_FUNCTION);
            if (sent.size() < MOST_TURNS && world.chance(0.6)) {
                plan(world.between(1, 2_000), () -> submit(ended.responseId(), answers));
            }
        }
    }

    /** Sometimes from two branches at once, of which one must not get through; sometimes too late. */
    private void answerRequests(String asked, List<String> requests, List<Item> outputs) {
        world.tally.count(Happening.APPROVAL_ASKED);
        int times = world.chance(0.4) ? 2 : world.chance(0.8) ? 1 : 0;
        for (int i = 0; i < times && sent.size() < 2 * MOST_TURNS; i++) {
            List<Item> answers = new ArrayList<>(outputs);
            for (String request : requests) {
                if (world.chance(0.9)) {
                    boolean approve = world.chance(0.7);
                    answers.add(new Item.ApprovalAnswer(request, approve, approve ? null : "no"));
                }
            }
            plan(
                    world.chance(0.1) ? world.between(19_000, 30_000) : world.between(1, 800),
                    () -> submit(asked, answers));
        }
    }

    private String previous() {
        if (sent.isEmpty() || world.chance(0.5)) {
            return null;
        }
        if (world.chance(0.05)) {
            return Fixtures.responseId(999, World.START);
        }
        List<String> ids = new ArrayList<>(sent.keySet());
        List<String> ended = ids.stream().filter(id -> !open.contains(id)).toList();
        return world.oneOf(ended.isEmpty() || world.chance(0.1) ? ids : ended);
    }

    private void submit(String previous, List<Item> answers) {
        number++;
        world.tally.count(Happening.TURN);
        if (previous != null) {
            world.tally.count(Happening.CONTINUED_TURN);
        }
        boolean inLine = line != null && answers.isEmpty() && world.chance(0.8);
        if (inLine) {
            previous = null;
        }
        String conversation = inLine
                ? ConversationId.parse(line).conversation()
                : previous == null
                        ? ResponseId.conversation(0, 1_000L + number)
                        : ResponseId.parse(previous).conversation();
        long deadline = world.now() + (world.chance(0.15) ? world.between(500, 6_000) : world.between(40_000, 90_000));
        ResponseSpec spec = spec(previous, answers);
        if (inLine) {
            spec = spec.toBuilder()
                    .conversationId(line)
                    .concurrency(concurrency())
                    .build();
        }
        Request.Submit submit = new Request.Submit(
                id(conversation), conversation, Fixtures.TENANT, world.now(), deadline, spec, registration());
        send(submit);
        if (submit.registration() != null && world.chance(0.6)) {
            plan(world.between(1, 6_000), () -> repeat(submit));
        }
    }

    private String id(String conversation) {
        return ResponseId.format(
                ResponseId.signedBytes(1, conversation, Instant.ofEpochMilli(world.now()), number),
                new byte[ResponseId.MAC_BYTES]);
    }

    /** By what a repetition of the next submission is known, if it is. */
    private Registration registration() {
        String body = "body " + number;
        return switch (world.between(0, 9)) {
            case 0, 1, 2 -> new Registration(Kind.KEY, "key " + number, body);
            case 3, 4 -> new Registration(Kind.FIRST_TRY, body, body);
            default -> null;
        };
    }

    /** As a client does that was not told what became of it: at another ingress, which gives it another id. Seldom it is another question. */
    private void repeat(Request.Submit first) {
        number++;
        Registration before = first.registration();
        boolean other = before.kind() == Kind.KEY && world.chance(0.2);
        Registration registration = before.kind() == Kind.KEY
                ? new Registration(Kind.KEY, before.key(), other ? "another body" : before.body())
                : new Registration(Kind.RETRY, before.key(), before.body());
        send(new Request.Submit(
                id(first.conversation()),
                first.conversation(),
                first.tenant(),
                world.now(),
                world.now() + 60_000,
                first.spec(),
                registration));
        if (world.chance(0.3)) {
            plan(world.between(1, 6_000), () -> repeat(first));
        }
    }

    private void send(Request.Submit submit) {
        sent.put(submit.responseId(), submit);
        everSent.put(submit.responseId(), submit);
        open.add(submit.responseId());
        world.trace(() -> "submits " + submit);
        simulation.logs.requests.append(submit);
        // One that was refused might be taken the second time, and is then another one to this client
        if (submit.spec().concurrency() != Concurrency.REJECT && world.chance(0.1)) {
            world.tally.count(Happening.DUPLICATE_REQUEST);
            plan(world.between(1, 10_000), () -> simulation.logs.requests.append(submit));
        }
        if (world.chance(0.3)) {
            cancel(submit);
        }
        if (world.chance(0.25)) {
            delete(submit);
        }
    }

    private void createConversation() {
        String key = ResponseId.conversation(0, 77);
        byte[] place = ResponseId.signedBytes(1, key, Instant.ofEpochMilli(world.now()), 0);
        String id = ResponseId.format(place, new byte[ResponseId.MAC_BYTES]);
        line = ConversationId.PREFIX + id.substring(ResponseId.PREFIX.length());
        simulation.logs.requests.append(
                new Request.CreateConversation(id, key, Fixtures.TENANT, line, Map.of(), List.of()));
    }

    private Concurrency concurrency() {
        return switch (world.between(0, 3)) {
            case 0 -> Concurrency.REJECT;
            case 1 -> Concurrency.INTERRUPT;
            case 2 -> Concurrency.ENQUEUE;
            default -> null;
        };
    }

    private void cancel(Request.Submit submit) {
        String tenant = world.chance(0.05) ? "somebody else" : submit.tenant();
        int times = world.chance(0.2) ? 2 : 1;
        for (int i = 0; i < times; i++) {
            plan(world.chance(0.5) ? world.between(0, 1_500) : world.between(0, 12_000), () -> {
                world.trace(() -> "cancels " + submit.responseId());
                simulation.logs.requests.append(new Request.Cancel(submit.responseId(), submit.conversation(), tenant));
            });
        }
    }

    /** Also of turns that run, which changes nothing, and by somebody else, which does not either. */
    private void delete(Request.Submit submit) {
        String tenant = world.chance(0.1) ? "somebody else" : submit.tenant();
        int times = world.chance(0.3) ? 2 : 1;
        for (int i = 0; i < times; i++) {
            plan(world.between(0, 40_000), () -> {
                world.trace(() -> "deletes " + submit.responseId());
                simulation.logs.requests.append(new Request.Delete(submit.responseId(), submit.conversation(), tenant));
            });
        }
    }

    private ResponseSpec spec(String previous, List<Item> answers) {
        List<Item> input = new ArrayList<>(answers);
        input.add(new Item.Message(Item.Role.USER, "question " + number));
        List<ToolSpec> tools = tools();
        return ResponseSpec.builder("model", input)
                .instructions(world.chance(0.5) ? "be brief" : null)
                .tools(tools)
                .toolChoice(choice(tools))
                .parallelToolCalls(world.chance(0.8))
                .background(true)
                .store(world.chance(0.9))
                .previousResponseId(previous)
                .metadata(Map.of("number", Integer.toString(number), "kind", "simulated"))
                .maxOutputTokens(world.chance(0.05) ? 12 : null)
                .maxToolCalls(world.chance(0.1) ? 2 : null)
                .build();
    }

    private List<ToolSpec> tools() {
        List<ToolSpec> tools = new ArrayList<>();
        if (world.chance(0.7)) {
            tools.add(new ToolSpec.Mcp(ToolDescription.BUILTIN_SERVER, null, null, rule()));
        }
        if (world.chance(0.2)) {
            tools.add(new ToolSpec.WebSearch(null));
        }
        if (world.chance(0.25)) {
            tools.add(Fixtures.CLIENT);
        }
        return tools;
    }

    private ToolSpec.ApprovalRule rule() {
        if (world.chance(0.7)) {
            return null;
        }
        return world.chance(0.5)
                ? ToolSpec.ApprovalRule.ALWAYS
                : new ToolSpec.ApprovalRule(ToolSpec.ApprovalRule.Mode.BY_NAME, List.of(Fixtures.ONCE.name()), null);
    }

    private ToolChoice choice(List<ToolSpec> tools) {
        if (tools.isEmpty() || world.chance(0.7)) {
            return ToolChoice.AUTO;
        }
        if (world.chance(0.2)) {
            return new ToolChoice(ToolChoice.Mode.NONE, null);
        }
        world.tally.count(Happening.FORCED_TOOL);
        return switch (tools.getFirst()) {
            case ToolSpec.Function function
            when world.chance(0.5) -> new ToolChoice(ToolChoice.Mode.TOOL, function.name());
            case ToolSpec.Mcp _ when world.chance(0.5) -> new ToolChoice(ToolChoice.Mode.TOOL, Fixtures.ONCE.name());
            default -> new ToolChoice(ToolChoice.Mode.REQUIRED, null);
        };
    }
}
