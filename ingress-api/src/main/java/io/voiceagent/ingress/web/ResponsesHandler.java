package io.voiceagent.ingress.web;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.voiceagent.ingress.follow.FollowedResponse;
import io.voiceagent.ingress.follow.FollowingLostException;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.ItemReferences;
import io.voiceagent.ingress.submit.Repeatable;
import io.voiceagent.ingress.submit.Submissions;
import io.voiceagent.ingress.submit.spec.BodyReader;
import io.voiceagent.ingress.submit.spec.CreateRequest;
import io.voiceagent.ingress.submit.spec.CreateRequestParser;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.fold.ResponseEvent;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.node.ObjectNode;

/** {@code /responses}: create, get, cancel, delete. */
final class ResponsesHandler {
    static final String PATH = "/api/v1/responses";
    /** Larger bodies are parsed off the event loop, which other requests wait for. */
    private static final int SMALL_BODY_BYTES = 64 << 10;
    /** How long after the deadline of a turn its end may take to arrive here. */
    private static final Duration GRACE = Duration.ofSeconds(15);

    private static final String POLL_AFTER_SECONDS = "1";

    /** Requests that may wait for events at one time; each holds a connection. */
    private static final int FOLLOWERS = 4_000;
    /** Few, since a large body takes many times its size while it is parsed. The queue is bounded by the bytes of open bodies. */
    static final Scheduler PARSING = Schedulers.newBoundedElastic(2, 10_000, "parse", 60, true);

    private final Bodies bodies;
    private final Semaphore followers;
    private final CreateRequestParser parser;
    private final Submissions submissions;
    private final ItemReferences references;
    private final EventStream eventStream;
    private final Duration longestWait;
    private final AbandonedTurns abandonable;

    /** @param turnDeadline a turn has ended by then, so nobody waits much longer */
    ResponsesHandler(
            Bodies bodies,
            CreateRequestParser parser,
            Submissions submissions,
            EventStream eventStream,
            Duration turnDeadline) {
        this(bodies, parser, submissions, eventStream, turnDeadline, FOLLOWERS);
    }

    /** @param followers requests that may wait for events at one time */
    ResponsesHandler(
            Bodies bodies,
            CreateRequestParser parser,
            Submissions submissions,
            EventStream eventStream,
            Duration turnDeadline,
            int followers) {
        this.bodies = bodies;
        this.followers = new Semaphore(followers);
        this.parser = parser;
        this.submissions = submissions;
        this.references = new ItemReferences(submissions);
        this.eventStream = eventStream;
        this.longestWait = turnDeadline.plus(GRACE);
        this.abandonable = new AbandonedTurns(submissions);
    }

    Mono<Void> create(ServerWebExchange exchange) {
        RetryHeaders retry = RetryHeaders.of(exchange.getRequest().getHeaders());
        Preferences prefer = Preferences.of(exchange.getRequest().getHeaders()).within(longestWait);
        QueryParameters.of(exchange.getRequest()).end();
        if (retry.mayRepeat()) {
            exchange.getAttributes().put(Exchanges.REPEATABLE, true);
        }
        return bodies.json(
                exchange.getRequest(),
                body -> parse(exchange, body, retry).flatMap(parsed -> create(exchange, parsed, prefer)));
    }

    /**
     * A turn that comes over a connection with others; signals a {@link Refusal} when it is not accepted or can't be followed.
     *
     * @param read makes the body of a {@code POST} from what was sent
     */
    Flux<ResponseEvent> turn(
            String tenant, Context trace, byte[] sent, Function<byte[], ObjectNode> read, Preferences prefer) {
        Flux<ResponseEvent> events = offLoop(
                        sent.length, Mono.defer(() -> references.resolved(tenant, read.apply(sent))))
                .map(parser::parse)
                .flatMapMany(request -> {
                    Mono<Submissions.Submitted> submitted = submissions.submit(tenant, request.spec(), null, trace);
                    Function<Submissions.Submitted, Publisher<ResponseEvent>> answer =
                            turn -> events(trace, request, turn.response());
                    return prefer.cancelOnDisconnect()
                            ? abandonable.of(tenant, trace, submitted, answer)
                            : submitted.flatMapMany(answer);
                });
        return Flux.using(this::follower, permit -> events, Semaphore::release);
    }

    private static Flux<ResponseEvent> events(Context trace, CreateRequest request, FollowedResponse response) {
        describe(trace, request, response);
        return response.events(-1).onErrorMap(FollowingLostException.class, e -> lost(response.id()));
    }

    private static void describe(Context trace, CreateRequest request, FollowedResponse response) {
        Span.fromContext(trace)
                .setAttribute("gen_ai.response.id", response.id())
                .setAttribute("gen_ai.request.model", request.spec().model());
    }

    private static <T> Mono<T> offLoop(int bytes, Mono<T> parsed) {
        return bytes <= SMALL_BODY_BYTES ? parsed : parsed.subscribeOn(PARSING);
    }

    /** @param repeatable null when each such request is a turn of its own */
    private record Parsed(CreateRequest request, @Nullable Repeatable repeatable) {}

    private Mono<Parsed> parse(ServerWebExchange exchange, byte[] body, RetryHeaders retry) {
        String tenant = Exchanges.tenant(exchange.getAttributes());
        Mono<Parsed> parsed = Mono.defer(() -> {
            ObjectNode tree = BodyReader.read(body);
            // Of what the client sent, not of what its references stand for
            @Nullable Repeatable repeatable = retry.with(tree);
            return references
                    .resolved(tenant, tree)
                    .map(whole ->
                            new Parsed(parser.parse(submissions.compactions().opened(tenant, whole)), repeatable));
        });
        return offLoop(body.length, parsed);
    }

    private Mono<Void> create(ServerWebExchange exchange, Parsed parsed, Preferences asked) {
        CreateRequest request = parsed.request;
        Preferences prefer = applicable(request, asked);
        Mono<Submissions.Submitted> submitted = submissions.submit(
                Exchanges.tenant(exchange.getAttributes()),
                request.spec(),
                parsed.repeatable,
                Exchanges.trace(exchange.getAttributes()));
        Mono<Void> answered = prefer.cancelOnDisconnect()
                ? abandonable.of(exchange, submitted, whole -> answer(exchange, request, prefer, whole))
                : submitted.flatMap(whole -> answer(exchange, request, prefer, whole));
        boolean waits = request.stream()
                || !answersAtOnce(request, prefer)
                || exchange.getAttributes().containsKey(Exchanges.REPEATABLE);
        return waits ? following(answered) : answered;
    }

    /** A stream comes at once, and a turn in the background is meant to outlive its connection. */
    private static Preferences applicable(CreateRequest request, Preferences asked) {
        if (request.stream()) {
            return asked.onlyCancel();
        }
        return request.spec().background() ? asked.withoutCancel() : asked;
    }

    private static boolean answersAtOnce(CreateRequest request, Preferences prefer) {
        Duration patience = prefer.patience();
        return patience == null ? request.spec().background() || prefer.respondAsync() : patience.isZero();
    }

    /** Refuses what would wait when so many do already, before anything is accepted. */
    Mono<Void> following(Mono<Void> work) {
        return Mono.using(this::follower, permit -> work, Semaphore::release);
    }

    private Semaphore follower() {
        if (!followers.tryAcquire()) {
            throw Refusal.of(
                    Code.OVERLOADED,
                    "Too many requests wait for events here. Nothing was accepted: try again later, or poll.");
        }
        return followers;
    }

    Mono<Void> get(ServerWebExchange exchange, String id) {
        StreamPosition position = StreamPosition.of(exchange.getRequest());
        Preferences prefer = Preferences.of(exchange.getRequest().getHeaders())
                .within(longestWait)
                .onlyWait();
        Mono<FollowedResponse> found = submissions.find(Exchanges.tenant(exchange.getAttributes()), id);
        if (position.stream()) {
            return following(found.flatMap(response -> stream(exchange, response, position.startingAfter())));
        }
        Duration patience = prefer.patience();
        if (patience == null) {
            return found.flatMap(response -> object(exchange.getResponse(), HttpStatus.OK, response));
        }
        prefer.tell(exchange.getResponse().getHeaders());
        return following(found.flatMap(response -> ended(exchange, response, patience))
                .flatMap(response -> object(exchange.getResponse(), HttpStatus.OK, response)));
    }

    /** The response when it has ended, or when the time is over. */
    private Mono<FollowedResponse> ended(ServerWebExchange exchange, FollowedResponse response, Duration patience) {
        if (response.ended() || patience.isZero()) {
            return Mono.just(response);
        }
        return response.whenEnded()
                .timeout(patience)
                .then(Mono.just(response))
                .onErrorResume(TimeoutException.class, over -> Mono.just(response))
                // Of a turn that is not followed here any more it may be known elsewhere how it stands
                .onErrorResume(
                        FollowingLostException.class,
                        lost -> submissions.find(Exchanges.tenant(exchange.getAttributes()), response.id()));
    }

    Mono<Void> inputItems(ServerWebExchange exchange, String id) {
        InputItems asked = InputItems.of(exchange.getRequest());
        return submissions
                .input(Exchanges.tenant(exchange.getAttributes()), id)
                .flatMap(items -> write(exchange.getResponse(), HttpStatus.OK, asked.page(id, items)));
    }

    Mono<Void> cancel(ServerWebExchange exchange, String id) {
        QueryParameters.of(exchange.getRequest()).end();
        return following(submissions
                .cancel(Exchanges.tenant(exchange.getAttributes()), id, Exchanges.trace(exchange.getAttributes()))
                .flatMap(response -> object(exchange.getResponse(), HttpStatus.OK, response)));
    }

    Mono<Void> delete(ServerWebExchange exchange, String id) {
        QueryParameters.of(exchange.getRequest()).end();
        return following(submissions
                .delete(Exchanges.tenant(exchange.getAttributes()), id, Exchanges.trace(exchange.getAttributes()))
                .then(Mono.defer(() -> write(exchange.getResponse(), HttpStatus.OK, deleted(id)))));
    }

    private static String deleted(String id) {
        return Json.mapper()
                .createObjectNode()
                .put("id", id)
                .put("object", "response")
                .put("deleted", true)
                .toString();
    }

    private Mono<Void> answer(
            ServerWebExchange exchange, CreateRequest request, Preferences prefer, Submissions.Submitted submitted) {
        FollowedResponse response = submitted.response();
        (submitted.replayed() ? prefer.withoutCancel() : prefer)
                .tell(exchange.getResponse().getHeaders());
        exchange.getResponse().getHeaders().setLocation(URI.create(PATH + "/" + response.id()));
        if (submitted.replayed()) {
            exchange.getResponse().getHeaders().set(RetryHeaders.REPLAYED, "true");
        }
        describe(Exchanges.trace(exchange.getAttributes()), request, response);
        if (request.stream()) {
            return stream(exchange, response, -1).onErrorMap(FollowingLostException.class, e -> lost(response.id()));
        }
        Duration patience = prefer.patience();
        if (patience != null) {
            return ended(exchange, response, patience)
                    .flatMap(then ->
                            object(exchange.getResponse(), then.ended() ? HttpStatus.OK : HttpStatus.ACCEPTED, then));
        }
        if (answersAtOnce(request, prefer)) {
            return object(exchange.getResponse(), HttpStatus.ACCEPTED, response);
        }
        return ended(exchange, response).flatMap(json -> write(exchange.getResponse(), HttpStatus.OK, json));
    }

    /** The response object when it has ended, or a {@link Refusal}. */
    Mono<String> ended(ServerWebExchange exchange, FollowedResponse response) {
        return end(exchange, response)
                .timeout(longestWait)
                .onErrorMap(TimeoutException.class, e -> notEnded(response.id()));
    }

    /** When following breaks off the turn is looked for once more: what was accepted must not be hidden behind a failure. */
    private Mono<String> end(ServerWebExchange exchange, FollowedResponse response) {
        String tenant = Exchanges.tenant(exchange.getAttributes());
        return response.whenEnded()
                .onErrorResume(
                        FollowingLostException.class,
                        once -> submissions
                                .find(tenant, response.id())
                                .flatMap(FollowedResponse::whenEnded)
                                .onErrorMap(
                                        again -> again instanceof FollowingLostException || again instanceof Refusal,
                                        again -> lost(response.id())));
    }

    private Mono<Void> stream(ServerWebExchange exchange, FollowedResponse response, long startingAfter) {
        exchange.getAttributes().put(Exchanges.STREAM, true);
        return eventStream.write(
                exchange.getResponse(), eventStream.measured(exchange, response.events(startingAfter)));
    }

    private static Mono<Void> object(ServerHttpResponse target, HttpStatus status, FollowedResponse response) {
        boolean ended = response.ended();
        if (!ended) {
            target.getHeaders().set(HttpHeaders.RETRY_AFTER, POLL_AFTER_SECONDS);
        }
        return write(target, status, response.json());
    }

    static Mono<Void> write(ServerHttpResponse target, HttpStatus status, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        target.setStatusCode(status);
        target.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        target.getHeaders().setContentLength(body.length);
        return target.writeWith(Mono.fromSupplier(() -> target.bufferFactory().wrap(body)));
    }

    private static Refusal lost(String id) {
        return Refusal.of(
                Code.FOLLOWING_LOST,
                "The turn was accepted and goes on, but can't be followed here any more: get it by its id, %s."
                        .formatted(id));
    }

    private static Refusal notEnded(String id) {
        return Refusal.of(
                Code.RESPONSE_TIMEOUT,
                "The response did not end in time. It was not lost: get it by its id, %s.".formatted(id));
    }
}
