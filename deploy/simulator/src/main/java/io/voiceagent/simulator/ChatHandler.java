package io.voiceagent.simulator;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.voiceagent.simulator.Counters.Outcome;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** {@code POST /v1/chat/completions}: reads the request, has {@link Script} decide, and plays the plan. */
final class ChatHandler implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

    private static final String EVENT_STREAM = "text/event-stream; charset=utf-8";

    private final SimulatorOptions options;
    private final Counters counters;
    private final AtomicLong ids = new AtomicLong();
    private final Clock clock = Clock.systemUTC();

    ChatHandler(SimulatorOptions options, Counters counters) {
        this.options = options;
        this.counters = counters;
    }

    @Override
    public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
        return Http.body(request)
                .map(ChatRequest::parse)
                .flatMap(chat -> answer(chat, response))
                .onErrorResume(
                        InvalidRequest.class,
                        e -> Mono.from(Http.json(
                                response,
                                400,
                                ChatWire.error(
                                        String.valueOf(e.getMessage()),
                                        "invalid_request_error",
                                        e.param(),
                                        "invalid_value"))));
    }

    private Mono<Void> answer(ChatRequest chat, HttpServerResponse response) {
        long begun = System.nanoTime();
        String text = chat.lastUserText();
        Markers markers = Markers.of(text);
        int earlier = markers.faults().isEmpty() ? 0 : counters.askedBefore(text);
        Plan plan = Script.plan(chat, earlier, options);
        markers.faultFor(earlier).ifPresent(fault -> counters.fault(fault.kind()));
        Tracked tracked = new Tracked(markers.tag().orElse(""));
        long number = ids.incrementAndGet();
        response.header("x-request-id", "req_sim_" + number);
        Mono<Void> played = switch (plan) {
            case Plan.Reject reject -> reject(reject, response, tracked);
            case Plan.Silence(boolean headersSent) ->
                headersSent && chat.stream() ? Mono.from(events(response, EVENT_STREAM, Flux.never())) : Mono.never();
            case Plan.Reply reply -> {
                ChatWire wire = new ChatWire(
                        "chatcmpl-sim" + number,
                        clock.instant().getEpochSecond(),
                        chat.model(),
                        chat.includeUsage(),
                        chat.topLogprobs());
                yield chat.stream()
                        ? stream(reply, wire, response, begun, tracked)
                        : whole(reply, wire, response, tracked);
            }
        };
        return played.timeout(Http.MAX_ANSWER)
                .doOnError(TimeoutException.class, e -> tracked.end(Outcome.FAILED))
                .doFinally(signal -> tracked.end(Outcome.ABORTED));
    }

    private static Mono<Void> reject(Plan.Reject reject, HttpServerResponse response, Tracked tracked) {
        reject.retryAfterSeconds()
                .ifPresent(seconds -> response.header(HttpHeaderNames.RETRY_AFTER, Integer.toString(seconds)));
        byte[] body = ChatWire.error(reject.message(), reject.type(), null, reject.code());
        tracked.end(Outcome.FAILED);
        return Mono.from(Http.json(response, reject.status(), body));
    }

    private static Mono<Void> stream(
            Plan.Reply reply, ChatWire wire, HttpServerResponse response, long begun, Tracked tracked) {
        List<Step> steps = reply.steps();
        int length = reply.ending() == Plan.Ending.ENDLESS ? Integer.MAX_VALUE : steps.size();
        boolean callsTools = steps.stream().anyMatch(step -> step instanceof Step.ToolCall);
        String type = reply.wrongType() ? "text/html; charset=utf-8" : EVENT_STREAM;
        Flux<ByteBuf> tokens = TokenStream.of(
                response,
                reply.timing(),
                begun,
                length,
                index -> {
                    Step step = index < steps.size() ? steps.get(index) : new Step.Text(Filler.token(index));
                    return index == 0 ? joined(wire.roleChunk(callsTools), wire.stepChunk(step)) : wire.stepChunk(step);
                },
                sink -> end(sink, reply, wire, response, tracked));
        return Mono.from(events(response, type, tokens));
    }

    private static void end(
            FluxSink<ByteBuf> sink, Plan.Reply reply, ChatWire wire, HttpServerResponse response, Tracked tracked) {
        switch (reply.ending()) {
            case STOP, TOOL_CALLS, LENGTH -> {
                tracked.end(Outcome.COMPLETED);
                sink.next(Unpooled.wrappedBuffer(
                        wire.end(reply.ending().finishReason().orElseThrow(), reply.usage())));
                sink.complete();
            }
            case CUT -> {
                tracked.end(Outcome.FAILED);
                Http.cut(response);
            }
            case STALL, ENDLESS -> {
                // stays open until the client leaves or the bound on every answer is reached
            }
        }
    }

    private static Mono<Void> whole(Plan.Reply reply, ChatWire wire, HttpServerResponse response, Tracked tracked) {
        Mono<Void> delay =
                Http.after(response, reply.timing().duration(reply.steps().size()));
        return switch (reply.ending()) {
            case STOP, TOOL_CALLS, LENGTH -> {
                byte[] body =
                        wire.whole(reply.steps(), reply.ending().finishReason().orElseThrow(), reply.usage());
                yield delay.then(Mono.defer(() -> {
                    tracked.end(Outcome.COMPLETED);
                    return Mono.from(
                            reply.wrongType()
                                    ? response.header(HttpHeaderNames.CONTENT_TYPE, "text/html; charset=utf-8")
                                            .sendByteArray(Mono.just(body))
                                    : Http.json(response, 200, body));
                }));
            }
            case CUT ->
                delay.then(Mono.fromRunnable(() -> {
                    tracked.end(Outcome.FAILED);
                    Http.cut(response);
                }));
            case STALL, ENDLESS -> Mono.never();
        };
    }

    private static Publisher<Void> events(HttpServerResponse response, String type, Publisher<ByteBuf> events) {
        return response.header(HttpHeaderNames.CONTENT_TYPE, type)
                .header(HttpHeaderNames.CACHE_CONTROL, "no-cache")
                .send(events, each -> true);
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /**
     * Counts one request. Its end is counted ahead of the last bytes, so that who has read them sees it in the
     * statistics; an answer over before that was left by the client, however the server calls the signal.
     */
    private final class Tracked {
        private final String tag;
        private final AtomicBoolean ended = new AtomicBoolean();

        Tracked(String tag) {
            this.tag = tag;
            counters.begin(tag);
        }

        void end(Outcome outcome) {
            if (ended.compareAndSet(false, true)) {
                counters.end(tag, outcome);
            }
        }
    }
}
