package io.voiceagent.ingress.web;

import io.voiceagent.ingress.follow.FollowedResponse;
import io.voiceagent.ingress.follow.ResponseReader;
import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.fold.ResponseEvent;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Responses in memory: a test says what happens to them. */
public final class FakeResponses implements ResponseReader {
    private final Map<String, Followed> responses = new ConcurrentHashMap<>();
    private final AtomicInteger watched = new AtomicInteger();
    private final Map<String, List<Item>> inputs = new ConcurrentHashMap<>();
    private final Map<String, Sinks.One<Boolean>> deletions = new ConcurrentHashMap<>();
    private volatile @Nullable String unreachable;
    private volatile Mono<Verdict> verdict = Mono.never();

    @Override
    public Mono<InputLookup> input(ResponseId id) {
        List<Item> items = inputs.get(id.toString());
        return Mono.just(items == null ? new InputLookup.Missing() : new InputLookup.Found(items));
    }

    @Override
    public FollowedResponse submitted(Request.Submit submit) {
        inputs.put(submit.responseId(), submit.spec().input());
        return responses.computeIfAbsent(
                submit.responseId(),
                id -> new Followed(id, submit.tenant(), submit.spec().store()));
    }

    /** What is said of the next submissions; nothing as long as it is empty. */
    public void decide(Mono<Verdict> verdict) {
        this.verdict = verdict;
    }

    @Override
    public Watch watch(String responseId) {
        watched.incrementAndGet();
        return new Watch() {
            @Override
            public Mono<Verdict> verdict() {
                return verdict;
            }

            @Override
            public void close() {
                watched.decrementAndGet();
            }
        };
    }

    /** A deletion of it is committed, and it is gone. */
    public void delete(String id) {
        responses.remove(id);
        deletions.computeIfAbsent(id, _ -> Sinks.one()).tryEmitValue(true);
    }

    @Override
    public DeletionWatch watchDeletion(String responseId) {
        watched.incrementAndGet();
        Sinks.One<Boolean> deletion = deletions.computeIfAbsent(responseId, _ -> Sinks.one());
        return new DeletionWatch() {
            @Override
            public Mono<Void> deleted() {
                return deletion.asMono().then();
            }

            @Override
            public void close() {
                watched.decrementAndGet();
            }
        };
    }

    @Override
    public LineWatch line(ConversationId id) {
        return new LineWatch() {
            @Override
            public Flux<String> begun() {
                return Flux.never();
            }

            @Override
            public void close() {}
        };
    }

    /** How many submissions are watched. */
    public int watched() {
        return watched.get();
    }

    @Override
    public Mono<Lookup> find(ResponseId id, String tenant) {
        if (unreachable != null) {
            return Mono.just(new Lookup.Unreachable(unreachable, "told so by a test"));
        }
        Followed found = responses.get(id.toString());
        return Mono.just(
                found == null || !found.tenant.equals(tenant) ? new Lookup.Missing() : new Lookup.Found(found));
    }

    public Followed get(String id) {
        return responses.get(id);
    }

    /** From now on nothing is found, for a component that is away; null: all is well again. */
    public void away(@Nullable String component) {
        this.unreachable = component;
    }

    /** Whether nothing was submitted. */
    public boolean isEmpty() {
        return responses.isEmpty();
    }

    public void clear() {
        responses.clear();
        unreachable = null;
        verdict = Mono.never();
    }

    /** One response. */
    public static final class Followed implements FollowedResponse {
        private final String id;
        private final String tenant;
        private final boolean stored;
        private final Sinks.Many<ResponseEvent> events = Sinks.many().replay().all();
        private final Sinks.One<String> end = Sinks.one();
        private final AtomicInteger waiting = new AtomicInteger();
        private long next;
        private volatile String json;
        private volatile boolean ended;

        Followed(String id, String tenant, boolean stored) {
            this.id = id;
            this.tenant = tenant;
            this.stored = stored;
            this.json = object("queued");
        }

        /** The next event of that type. */
        public void emit(String type) {
            String data = "{\"type\":\"%s\",\"sequence_number\":%d}".formatted(type, next);
            events.emitNext(new ResponseEvent(next++, type, data), Sinks.EmitFailureHandler.FAIL_FAST);
            json = object("in_progress");
        }

        /** The next event of that type, with a text. */
        public void emit(String type, String text) {
            String data = "{\"type\":\"%s\",\"sequence_number\":%d,\"delta\":\"%s\"}".formatted(type, next, text);
            events.emitNext(new ResponseEvent(next++, type, data), Sinks.EmitFailureHandler.FAIL_FAST);
            json = object("in_progress");
        }

        /** The last event. */
        public void end(String status) {
            end(status, "[]");
        }

        /** The last event, of a response with these output items. */
        public void end(String status, String output) {
            emit("response." + status);
            json = "{\"id\":\"%s\",\"object\":\"response\",\"status\":\"%s\",\"output\":%s}"
                    .formatted(id, status, output);
            ended = true;
            events.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
            end.emitValue(json, Sinks.EmitFailureHandler.FAIL_FAST);
        }

        /** Following breaks off. */
        public void lose(RuntimeException why) {
            events.emitError(why, Sinks.EmitFailureHandler.FAIL_FAST);
            end.emitError(why, Sinks.EmitFailureHandler.FAIL_FAST);
        }

        /** How many streams are open. */
        public int subscribers() {
            return events.currentSubscriberCount();
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public String tenant() {
            return tenant;
        }

        @Override
        public String json() {
            return json;
        }

        @Override
        public boolean ended() {
            return ended;
        }

        @Override
        public boolean stored() {
            return stored;
        }

        @Override
        public Flux<ResponseEvent> events(long startingAfter) {
            return events.asFlux().filter(event -> event.sequence() > startingAfter);
        }

        @Override
        public Mono<String> whenEnded() {
            return end.asMono()
                    .doOnSubscribe(subscription -> waiting.incrementAndGet())
                    .doFinally(signal -> waiting.decrementAndGet());
        }

        /** How many wait for the end. */
        public int waiting() {
            return waiting.get();
        }

        private String object(String status) {
            return "{\"id\":\"%s\",\"object\":\"response\",\"status\":\"%s\",\"output\":[]}".formatted(id, status);
        }
    }
}
