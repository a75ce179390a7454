package io.voiceagent.ingress.submit;

import io.opentelemetry.context.Context;
import io.voiceagent.ingress.follow.FollowedResponse;
import io.voiceagent.ingress.follow.ResponseReader;
import io.voiceagent.ingress.follow.ResponseReader.Verdict;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.security.ResponseIds;
import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ItemPlace;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.fold.ResponseEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/**
 * Conversation objects. Nothing of them is kept here: what is asked of one goes through the log like a turn, and is answered when the
 * orchestrator has committed what came of it. So reads see all that was written before them, at any replica, and need no database.
 */
public final class Conversations {
    /** Nodes that are read at a time. */
    private static final int PAGE = 100;
    /** How long the end of a turn may take to arrive here that the orchestrator has committed already. */
    private static final Duration ARRIVAL = Duration.ofSeconds(10);

    private static final Pattern ITEM_ID = Pattern.compile("[a-z]{2,4}_([0-9a-f]{48})(i?)[0-9a-f]{4}");

    private final Submissions.Options options;
    private final ResponseIds ids;
    private final RequestLog log;
    private final ResponseReader reader;
    private final Submissions submissions;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * A conversation object.
     *
     * @param createdAt milliseconds since the epoch
     */
    public record Conversation(String id, long createdAt, Map<String, String> metadata) {}

    /**
     * A node of a conversation's line.
     *
     * @param id the turn, or the request that added items
     * @param output output items of the turn, empty when it is none
     */
    public record Node(String id, List<Item> input, List<JsonNode> output) {}

    /** @param random unpredictable, and safe for use by many threads */
    public Conversations(
            Submissions.Options options,
            ResponseIds ids,
            RequestLog log,
            ResponseReader reader,
            Submissions submissions,
            InstantSource clock,
            RandomGenerator random) {
        this.options = options;
        this.ids = ids;
        this.log = log;
        this.reader = reader;
        this.submissions = submissions;
        this.clock = clock;
        this.random = random;
    }

    /** A new conversation, once it is committed. */
    public Mono<Conversation> create(String tenant, Map<String, String> metadata, List<Item> items, Context trace) {
        return Mono.defer(() -> {
            String key = ResponseId.conversation(random.nextInt(options.partitions()), random.nextLong());
            Instant now = clock.instant();
            ConversationId id = ids.mintConversation(tenant, key, now, random.nextInt());
            return perform(
                            tenant,
                            id,
                            request -> new Request.CreateConversation(
                                    request, key, tenant, id.toString(), metadata, items),
                            trace)
                    .thenReturn(conversation(id, metadata));
        });
    }

    /** The conversation as it is; or a {@link Refusal} when it is not there, or not this tenant's. */
    public Mono<Conversation> get(String tenant, String id, Context trace) {
        return of(tenant, id)
                .flatMap(line ->
                        read(tenant, line, null, true, 0, trace).map(read -> conversation(line, read.metadata())));
    }

    /** Replaces the metadata. */
    public Mono<Conversation> update(String tenant, String id, Map<String, String> metadata, Context trace) {
        return of(tenant, id)
                .flatMap(line -> perform(
                                tenant,
                                line,
                                request -> new Request.UpdateConversation(
                                        request, line.conversation(), tenant, id, metadata),
                                trace)
                        .thenReturn(conversation(line, metadata)));
    }

    /** Stops its turns and makes it unknown. */
    public Mono<Void> delete(String tenant, String id, Context trace) {
        return of(tenant, id)
                .flatMap(line -> perform(
                        tenant,
                        line,
                        request -> new Request.DeleteConversation(request, line.conversation(), tenant, id),
                        trace))
                .then();
    }

    /** Adds items to the end of its line, as a node of their own. */
    public Mono<Node> add(String tenant, String id, List<Item> items, Context trace) {
        return of(tenant, id)
                .flatMap(line -> perform(
                        tenant,
                        line,
                        request -> new Request.AddItems(request, line.conversation(), tenant, id, items),
                        trace))
                .map(added -> new Node(added.responseId(), items, List.of()));
    }

    /** Takes an item out of its line. */
    public Mono<Conversation> remove(String tenant, String id, ItemPlace place, Context trace) {
        return of(tenant, id)
                .flatMap(line -> perform(
                                tenant,
                                line,
                                request -> new Request.RemoveItem(request, line.conversation(), tenant, id, place),
                                trace)
                        .then(read(tenant, line, null, true, 0, trace))
                        .map(read -> conversation(line, read.metadata())));
    }

    /**
     * Its line: the nodes, read as far as they are asked for, and the ids of the items that were removed.
     *
     * @param ascending whether the oldest comes first
     */
    public Flux<Part> line(String tenant, String id, boolean ascending, Context trace) {
        return of(tenant, id)
                .flatMapMany(line -> pages(tenant, line, null, ascending, trace)
                        .concatMap(
                                read -> {
                                    Set<String> removed = new HashSet<>(read.removed());
                                    return Flux.fromIterable(read.nodes())
                                            .concatMap(
                                                    node -> content(tenant, node)
                                                            .map(content -> new Part(content, removed)),
                                                    1);
                                },
                                1));
    }

    /** What a turn that came now would be told of, node by node, the oldest first. */
    public Flux<List<Item>> context(String tenant, String id, Context trace) {
        return Flux.defer(() -> {
                    Set<String> callsRemoved = new HashSet<>();
                    return line(tenant, id, true, trace).map(part -> remaining(part, callsRemoved));
                })
                .onErrorMap(
                        failure -> failure instanceof Refusal refusal && refusal.code() == Code.CONVERSATION_NOT_FOUND,
                        failure -> notFound("conversation"));
    }

    /** @param callsRemoved their results go with them */
    private static List<Item> remaining(Part part, Set<String> callsRemoved) {
        List<Item> input = new ArrayList<>();
        for (int i = 0; i < part.node().input().size(); i++) {
            Item item = part.node().input().get(i);
            String end = "_" + ItemPlace.inputIdEnd(part.node().id(), i);
            if (part.removed().stream().noneMatch(id -> id.endsWith(end))) {
                input.add(item);
            } else if (item instanceof Item.ToolCall call) {
                callsRemoved.add(call.callId());
            }
        }
        List<JsonNode> output = new ArrayList<>();
        for (JsonNode item : part.node().output()) {
            if (!part.removed().contains(item.path("id").asString(""))) {
                output.add(item);
            } else if (item.has("call_id")) {
                callsRemoved.add(item.path("call_id").asString(""));
            }
        }
        List<Item> items = Branch.both(input, output);
        items.removeIf(item -> item instanceof Item.ToolResult result && callsRemoved.contains(result.callId()));
        return items;
    }

    /** A node, and what was removed from the conversation. */
    public record Part(Node node, Set<String> removed) {}

    /** The node that the item of this id would be in; empty when there is none. */
    public Mono<Part> nodeOf(String tenant, String id, String itemId, Context trace) {
        Matcher matcher = ITEM_ID.matcher(itemId);
        if (!matcher.matches()) {
            return of(tenant, id).then(Mono.empty());
        }
        String nodeId = ResponseId.PREFIX + matcher.group(1);
        return of(tenant, id)
                .flatMap(line -> pages(tenant, line, null, false, trace)
                        .concatMap(
                                read -> Flux.fromIterable(read.nodes())
                                        .filter(node -> node.id().equals(nodeId))
                                        .concatMap(node -> content(tenant, node))
                                        .map(node -> new Part(node, new HashSet<>(read.removed()))),
                                1)
                        .next());
    }

    /**
     * Where a follower of a conversation stands.
     *
     * @param turn the turn that it reads
     * @param sequence number of the last event of that turn that it has
     */
    public record Position(String turn, long sequence) {}

    /** An event of a turn of a conversation. */
    public record TurnEvent(String turn, ResponseEvent event) {}

    /**
     * The events of all turns of a conversation, in the order in which the turns begin, those that are there at once and the rest as they
     * come; completes when the conversation is deleted. A turn that ends without ever having begun is not among them.
     *
     * @param position what the follower has, null for nothing
     */
    public Flux<TurnEvent> events(String tenant, String id, @Nullable Position position, Context trace) {
        return of(tenant, id)
                .flatMap(line -> position == null
                        ? Mono.just(line)
                        : requireTurnOf(tenant, line, position.turn()).thenReturn(line))
                .flatMapMany(line -> Flux.using(
                        () -> reader.line(line),
                        watch -> turns(tenant, line, position, watch, trace)
                                .concatMap(turn -> events(tenant, turn, position), 1),
                        ResponseReader.LineWatch::close));
    }

    private Flux<String> turns(
            String tenant,
            ConversationId line,
            @Nullable Position position,
            ResponseReader.LineWatch watch,
            Context trace) {
        return Flux.defer(() -> {
            // What begins while the line is read comes both ways
            Set<String> told = new HashSet<>();
            Flux<String> first = position == null ? Flux.empty() : Flux.just(position.turn());
            Flux<String> before = pages(tenant, line, position == null ? null : position.turn(), true, trace)
                    .concatMap(
                            page -> {
                                Flux<String> ended = Flux.fromIterable(page.nodes())
                                        .filter(StepEvent.Node::turn)
                                        .map(StepEvent.Node::id);
                                return page.more() || page.running() == null
                                        ? ended
                                        : ended.concatWithValues(page.running());
                            },
                            1);
            return first.concatWith(before).concatWith(watch.begun()).filter(told::add);
        });
    }

    private Flux<TurnEvent> events(String tenant, String turn, @Nullable Position position) {
        long after = position != null && position.turn().equals(turn) ? position.sequence() : -1;
        return submissions
                .find(tenant, turn)
                .flatMapMany(response -> response.events(after))
                .map(event -> new TurnEvent(turn, event))
                // It was deleted since
                .onErrorResume(Conversations::isMissing, gone -> Flux.empty());
    }

    /** A turn that was deleted is known by its id alone. */
    private Mono<Void> requireTurnOf(String tenant, ConversationId line, String turn) {
        boolean here = ids.verify(turn, tenant)
                .filter(id -> id.conversation().equals(line.conversation()))
                .isPresent();
        if (!here) {
            return Mono.error(lost());
        }
        return submissions
                .find(tenant, turn)
                .map(FollowedResponse::json)
                .onErrorResume(Conversations::isMissing, gone -> Mono.empty())
                .handle((json, sink) -> {
                    if (!Json.tree(json).at("/conversation/id").asString("").equals(line.toString())) {
                        sink.error(lost());
                    }
                })
                .then();
    }

    private static boolean isMissing(Throwable failure) {
        return failure instanceof Refusal refusal && refusal.code() == Code.RESPONSE_NOT_FOUND;
    }

    private static Refusal lost() {
        return new Refusal(
                Code.INVALID_VALUE,
                "starting_after",
                "The position names no turn of the conversation. Send the 'id' of an event of this stream, or leave it out.");
    }

    private Mono<Node> content(String tenant, StepEvent.Node node) {
        Mono<List<JsonNode>> output = node.turn() ? output(tenant, node.id()) : Mono.just(List.of());
        return output.map(items -> new Node(node.id(), node.input(), items));
    }

    private Mono<List<JsonNode>> output(String tenant, String turn) {
        return submissions
                .find(tenant, turn)
                .flatMap(response -> response.ended()
                        ? Mono.just(response.json())
                        : response.whenEnded().timeout(ARRIVAL))
                .map(json -> Json.tree(json).path("output").valueStream().toList())
                .onErrorMap(
                        TimeoutException.class,
                        late -> Refusal.of(
                                Code.SERVICE_UNAVAILABLE,
                                "The end of a turn of the conversation has not arrived here. Try again later."))
                .onErrorResume(Conversations::isMissing, gone -> Mono.just(List.of()));
    }

    private Flux<StepEvent.ConversationRead> pages(
            String tenant, ConversationId line, @Nullable String after, boolean ascending, Context trace) {
        return read(tenant, line, after, ascending, PAGE, trace)
                .expand(page -> page.more()
                        ? read(tenant, line, page.nodes().getLast().id(), ascending, PAGE, trace)
                        : Mono.empty());
    }

    private Mono<StepEvent.ConversationRead> read(
            String tenant, ConversationId line, @Nullable String after, boolean ascending, int nodes, Context trace) {
        return perform(
                        tenant,
                        line,
                        request -> new Request.ReadConversation(
                                request, line.conversation(), tenant, line.toString(), after, ascending, nodes),
                        trace)
                .cast(StepEvent.ConversationRead.class);
    }

    private interface ToRequest {
        Request.OfConversation with(String requestId);
    }

    /** Writes a request and waits for what is committed about it. */
    private Mono<StepEvent.OfConversation> perform(
            String tenant, ConversationId line, ToRequest request, Context trace) {
        return Mono.defer(() -> {
            String id = ids.mint(tenant, line.conversation(), clock.instant(), random.nextInt())
                    .toString();
            return Mono.using(
                            () -> reader.watch(id),
                            watch -> log.append(request.with(id), trace)
                                    .then(watch.verdict().timeout(options.verdictWait()))
                                    .onErrorMap(TimeoutException.class, late -> undecided()),
                            ResponseReader.Watch::close)
                    .map(verdict -> switch (verdict) {
                        case Verdict.OfConversation(StepEvent.OfConversation event) -> event;
                        case Verdict.Refused(TurnError error) -> throw refusal(error, "conversation_id");
                        case Verdict.Accepted _, Verdict.Repeats _ ->
                            throw new IllegalStateException("a change of a conversation was answered as a turn");
                    });
        });
    }

    private Mono<ConversationId> of(String tenant, String id) {
        return Mono.justOrEmpty(ids.verifyConversation(id, tenant))
                .switchIfEmpty(Mono.error(() -> notFound("conversation_id")));
    }

    private static Conversation conversation(ConversationId id, Map<String, String> metadata) {
        return new Conversation(id.toString(), id.createdAt().toEpochMilli(), metadata);
    }

    /** Not there and not this tenant's are the same. */
    static Refusal notFound(String param) {
        return new Refusal(
                Code.CONVERSATION_NOT_FOUND,
                param,
                "No conversation of this API key has that id. Check it for completeness, or create one.");
    }

    private static Refusal undecided() {
        return Refusal.of(
                Code.SUBMISSION_UNKNOWN,
                "What became of the request is not known yet. Get the conversation to learn it.");
    }

    /** How the client is told that nothing came of its request. */
    static Refusal refusal(TurnError error, String param) {
        return switch (error.code()) {
            case ErrorCodes.CONVERSATION_NOT_FOUND -> notFound(param);
            case ErrorCodes.CONVERSATION_LOCKED -> new Refusal(Code.CONVERSATION_LOCKED, param, error.message());
            case ErrorCodes.CONVERSATION_FULL -> new Refusal(Code.CONVERSATION_FULL, param, error.message());
            case ErrorCodes.CONVERSATION_QUEUE_FULL ->
                new Refusal(Code.CONVERSATION_QUEUE_FULL, param, error.message());
            case ErrorCodes.CONTEXT_LENGTH -> new Refusal(Code.CONTEXT_LENGTH_EXCEEDED, "items", error.message());
            default -> new Refusal(Code.INVALID_VALUE, "input", error.message());
        };
    }
}
