package io.voiceagent.ingress.follow;

import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** Conversations that somebody follows: the tail of the committed steps tells which of their turns begin. */
final class Lines {
    private static final Logger LOG = LoggerFactory.getLogger(Lines.class);
    /** Turns that may begin while a follower still reads an earlier one; more than wait in a queue at a time. */
    private static final int BEHIND = 256;

    private static final String STARTED = "started";
    private static final String DELETED = "conversation_deleted";

    private final Scheduler scheduler;
    /** By the key of the conversation's records. */
    private final Map<String, Set<Follower>> followers = new ConcurrentHashMap<>();

    private record Follower(String conversationId, Sinks.Many<String> sink) {}

    /** @param scheduler runs those who follow, since the tail must not */
    Lines(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    ResponseReader.LineWatch watch(ConversationId id) {
        Follower follower = new Follower(
                id.toString(), Sinks.many().unicast().onBackpressureBuffer(new LinkedBlockingQueue<>(BEHIND)));
        followers
                .computeIfAbsent(id.conversation(), _ -> ConcurrentHashMap.newKeySet())
                .add(follower);
        return new ResponseReader.LineWatch() {
            @Override
            public Flux<String> begun() {
                return follower.sink.asFlux().publishOn(scheduler);
            }

            @Override
            public void close() {
                followers.computeIfPresent(id.conversation(), (key, all) -> {
                    all.remove(follower);
                    return all.isEmpty() ? null : all;
                });
            }
        };
    }

    /** The next record of the steps. */
    void record(LogRecord record) {
        if (followers.isEmpty()) {
            return;
        }
        String type = record.type();
        if (!type.equals(TurnLog.ACCEPTED) && !type.equals(STARTED) && !type.equals(DELETED)) {
            return;
        }
        try {
            Set<Follower> here =
                    followers.get(ResponseId.parse(record.responseId()).conversation());
            if (here != null) {
                record(Json.read(record.value(), StepEvent.class), here);
            }
        } catch (RuntimeException e) {
            // Not only what is malformed: the tail reads all turns, and must outlive any record of one
            LOG.warn("A step of {} can't be told to those who follow its conversation", record.responseId(), e);
        }
    }

    private void record(StepEvent event, Set<Follower> here) {
        switch (event) {
            case StepEvent.Accepted accepted
            when accepted.position() == null ->
                begun(accepted.responseId(), accepted.spec().conversationId(), here);
            // Of one key only turns of one conversation object wait: a key is made for a conversation, or for no object
            // at all
            case StepEvent.Started started -> here.forEach(follower -> tell(follower, started.responseId()));
            case StepEvent.ConversationDeleted deleted ->
                here.stream()
                        .filter(follower -> follower.conversationId.equals(deleted.conversationId()))
                        .forEach(follower -> follower.sink.tryEmitComplete());
            default -> {}
        }
    }

    private static void begun(String turn, @Nullable String conversationId, Set<Follower> here) {
        here.stream()
                .filter(follower -> follower.conversationId.equals(conversationId))
                .forEach(follower -> tell(follower, turn));
    }

    private static void tell(Follower follower, String turn) {
        if (follower.sink.tryEmitNext(turn) == Sinks.EmitResult.FAIL_OVERFLOW) {
            follower.sink.tryEmitError(new FollowingLostException("the follower of a conversation is too far behind"));
        }
    }

    /** Whoever follows is told to look again elsewhere. */
    void lose(String why) {
        followers
                .values()
                .forEach(all -> all.forEach(follower -> follower.sink.tryEmitError(
                        new FollowingLostException("the conversation is not followed any more: " + why))));
    }
}
