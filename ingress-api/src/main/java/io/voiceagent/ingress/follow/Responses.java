package io.voiceagent.ingress.follow;

import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.core.JacksonException;

/**
 * Looks in memory, then in the log and the archive, at last among the requests. Of the log and the archive the one comes first that is
 * likely to have it: the archive for a turn that must have ended by now, so that the log of that time need not be read.
 */
final class Responses implements ResponseReader {
    private static final Logger LOG = LoggerFactory.getLogger(Responses.class);

    /** After that the archive is asked for the end of a turn, which may have what the log has lost. */
    private static final Duration FRAMES_COME_WITHIN = Duration.ofSeconds(1);

    private final Turns turns;
    private final Verdicts verdicts;
    private final Deletions deletions;
    private final Lines lines;
    private final LogReplay log;
    private final Archive archive;
    private final FollowOptions options;
    private final InstantSource clock;
    private final Scheduler lookups;
    /** Look-ups that run; who asks for the same response waits for the same one. */
    private final Map<String, Mono<Outcome>> running = new ConcurrentHashMap<>();

    /** What a look-up says, before it is asked whose the response is. */
    private sealed interface Outcome {
        record Here(TurnLog turn) implements Outcome {}

        record Nowhere() implements Outcome {}

        record Away(String component, String reason) implements Outcome {}
    }

    /** What one source says. */
    private sealed interface Answer {
        record Has(TurnLog turn) implements Answer {}

        /** Known to be gone: no other source counts. */
        record Deleted() implements Answer {}

        record HasNot() implements Answer {}

        record Failed(Outcome.Away away) implements Answer {}
    }

    /** @param lookups runs look-ups, which block; bounded */
    Responses(
            Turns turns,
            Verdicts verdicts,
            Deletions deletions,
            Lines lines,
            LogReplay log,
            Archive archive,
            FollowOptions options,
            InstantSource clock,
            Scheduler lookups) {
        this.turns = turns;
        this.verdicts = verdicts;
        this.deletions = deletions;
        this.lines = lines;
        this.log = log;
        this.archive = archive;
        this.options = options;
        this.clock = clock;
        this.lookups = lookups;
    }

    @Override
    public FollowedResponse submitted(Request.Submit submit) {
        return turns.follow(submit.responseId(), submit);
    }

    @Override
    public Watch watch(String responseId) {
        return verdicts.watch(responseId);
    }

    @Override
    public DeletionWatch watchDeletion(String responseId) {
        return deletions.watch(responseId);
    }

    @Override
    public LineWatch line(ConversationId id) {
        return lines.watch(id);
    }

    @Override
    public Mono<Lookup> find(ResponseId id, String tenant) {
        return Mono.defer(() -> {
                    if (deletions.contains(id.toString())) {
                        return Mono.just(new Outcome.Nowhere());
                    }
                    TurnLog known = turns.find(id.toString());
                    if (known == null || !known.ended()) {
                        known = turns.follow(id.toString(), null);
                        turns.settle(known);
                    }
                    return known.known() && !known.framesMissing(FRAMES_COME_WITHIN)
                            ? Mono.just(new Outcome.Here(known))
                            : lookUp(id, known);
                })
                .map(this::stillThere)
                .map(outcome -> switch (outcome) {
                    case Outcome.Here(TurnLog turn) when turn.tenant().equals(tenant) -> new Lookup.Found(turn);
                    case Outcome.Here _, Outcome.Nowhere _ -> new Lookup.Missing();
                    case Outcome.Away(String component, String reason) -> new Lookup.Unreachable(component, reason);
                });
    }

    /** What was deleted while it was looked for, or was not to be kept and has been kept long enough, is not there. */
    private Outcome stillThere(Outcome outcome) {
        if (!(outcome instanceof Outcome.Here(TurnLog turn))
                || !deletions.contains(turn.id()) && !turn.expired(clock.instant(), options.unstoredKept())) {
            return outcome;
        }
        turns.forget(turn.id(), "it is not kept");
        return new Outcome.Nowhere();
    }

    @Override
    public Mono<InputLookup> input(ResponseId id) {
        return Mono.fromCallable(() -> searchInput(id))
                .subscribeOn(lookups)
                .onErrorResume(
                        RejectedExecutionException.class, tooMany -> Mono.just(new InputLookup.Unreachable("kafka")));
    }

    private InputLookup searchInput(ResponseId id) throws InterruptedException {
        boolean old = isOld(id);
        InputLookup first = old ? inputInArchive(id) : inputInLog(id);
        if (first instanceof InputLookup.Found) {
            return first;
        }
        InputLookup second = old ? inputInLog(id) : inputInArchive(id);
        return second instanceof InputLookup.Missing ? first : second;
    }

    private InputLookup inputInLog(ResponseId id) throws InterruptedException {
        try {
            Request.Submit submit = log.request(id);
            return submit == null
                    ? new InputLookup.Missing()
                    : new InputLookup.Found(submit.spec().input());
        } catch (KafkaException | TimeoutException | MalformedMessageException e) {
            LOG.warn("The input of {} can't be looked for in the log", id, e);
            return new InputLookup.Unreachable("kafka");
        }
    }

    private InputLookup inputInArchive(ResponseId id) {
        try {
            List<Item> items = archive.input(id.toString());
            return items == null ? new InputLookup.Missing() : new InputLookup.Found(items);
        } catch (SQLException | JacksonException e) {
            LOG.warn("The input of {} can't be looked for in the archive", id, e);
            return new InputLookup.Unreachable("postgres");
        }
    }

    /** Whether the turn must have ended by now, so that the archive is likely to have it. */
    private boolean isOld(ResponseId id) {
        return Duration.between(id.submittedAt(), clock.instant()).compareTo(options.maxTurnAge()) > 0;
    }

    private Mono<Outcome> lookUp(ResponseId id, TurnLog turn) {
        return running.computeIfAbsent(
                id.toString(),
                key -> Mono.fromCallable(() -> search(id, turn))
                        .subscribeOn(lookups)
                        .onErrorResume(RejectedExecutionException.class, tooMany -> {
                            turns.drop(turn, "it was not looked for");
                            return Mono.just(new Outcome.Away("kafka", "too many look-ups wait"));
                        })
                        .doFinally(_ -> running.remove(key))
                        .cache());
    }

    private Outcome search(ResponseId id, TurnLog turn) throws InterruptedException {
        long deletionsKnown = deletions.completeFrom(id.partition());
        Outcome outcome = search(id, turn, deletionsKnown);
        // Or one may have been forgotten in between, and neither been known here nor been looked for
        if (outcome instanceof Outcome.Here && deletions.completeFrom(id.partition()) > deletionsKnown) {
            turns.forget(id.toString(), "the log is being read anew");
            return new Outcome.Away("kafka", "the log is being read anew");
        }
        return outcome;
    }

    private Outcome search(ResponseId id, TurnLog turn, long deletionsKnown) throws InterruptedException {
        boolean old = isOld(id);
        Answer first = old ? inArchive(id, deletionsKnown) : inLogOrRequests(id, turn, deletionsKnown);
        if (first instanceof Answer.Has(TurnLog found)) {
            return new Outcome.Here(found);
        }
        Answer second = first;
        if (!(first instanceof Answer.Deleted)) {
            second = old ? inLogOrRequests(id, turn, deletionsKnown) : inArchive(id, deletionsKnown);
        }
        if (second instanceof Answer.Has(TurnLog found)) {
            return new Outcome.Here(found);
        }
        if (second instanceof Answer.Deleted) {
            turns.drop(turn, "it is not kept");
            return new Outcome.Nowhere();
        }
        // Its end is in the log, but not all of its frames: what can be told of it is told
        if (turn.known()) {
            return new Outcome.Here(turn);
        }
        turns.drop(turn, "it was not found");
        return Stream.of(first, second)
                .flatMap(answer -> answer instanceof Answer.Failed(Outcome.Away away) ? Stream.of(away) : Stream.of())
                .findFirst()
                .<Outcome>map(away -> away)
                .orElse(new Outcome.Nowhere());
    }

    private Answer inLogOrRequests(ResponseId id, TurnLog turn, long deletionsKnown) throws InterruptedException {
        Answer answer = inLog(id, turn, deletionsKnown);
        return answer instanceof Answer.HasNot && !turn.known() ? amongRequests(id) : answer;
    }

    private Answer inLog(ResponseId id, TurnLog turn, long deletionsKnown) throws InterruptedException {
        try {
            LogReplay.Replayed replayed = log.turn(id, deletionsKnown);
            if (replayed.deleted()) {
                return new Answer.Deleted();
            }
            if (!replayed.accepted()) {
                return new Answer.HasNot();
            }
            turn.load(replayed.records(), replayed.stepsEnd(), replayed.streamEnd());
            turn.follow();
            turns.settle(turn);
            if (!turn.ended() && !turns.holds(turn)) {
                return failed("kafka", "reading of the log begins anew");
            }
            return replayed.cut() && !turn.ended() ? new Answer.HasNot() : new Answer.Has(turn);
        } catch (KafkaException | TimeoutException | MalformedMessageException e) {
            LOG.warn("{} can't be looked for in the log", id, e);
            return failed("kafka", "the log can't be read: " + e.getClass().getSimpleName());
        }
    }

    private Answer inArchive(ResponseId id, long deletionsKnown) throws InterruptedException {
        try {
            Archive.Archived row = archive.find(id);
            if (row == null) {
                return new Answer.HasNot();
            }
            if (row.body() == null) {
                return new Answer.Deleted();
            }
            // The archive may be behind the log
            if (row.upTo() < deletionsKnown && log.deleted(id, row.upTo(), deletionsKnown)) {
                return new Answer.Deleted();
            }
            TurnLog turn = turns.archived(id.toString(), row.tenant(), row.body(), row.events());
            return new Answer.Has(turn);
        } catch (SQLException | IOException | MalformedMessageException e) {
            LOG.warn("{} can't be looked for in the archive", id, e);
            return failed(
                    "postgres", "the archive can't be read: " + e.getClass().getSimpleName());
        } catch (KafkaException | TimeoutException e) {
            LOG.warn("Whether {} was deleted since it was archived can't be told", id, e);
            return failed("kafka", "the log can't be read: " + e.getClass().getSimpleName());
        }
    }

    /** Nobody has accepted it: it waits, or it never was. */
    private Answer amongRequests(ResponseId id) throws InterruptedException {
        try {
            Request.Submit submit = log.request(id);
            if (submit == null) {
                return new Answer.HasNot();
            }
            // Of a turn that is not stored the request may be the last that the log has: it does not wait, it is gone
            long goneAt = submit.deadlineAt() + options.unstoredKept().toMillis();
            return !submit.spec().store() && clock.millis() > goneAt
                    ? new Answer.Deleted()
                    : new Answer.Has(turns.follow(id.toString(), submit));
        } catch (KafkaException | TimeoutException | MalformedMessageException e) {
            LOG.warn("{} can't be looked for among the requests", id, e);
            return failed("kafka", "the log can't be read: " + e.getClass().getSimpleName());
        }
    }

    private static Answer failed(String component, String reason) {
        return new Answer.Failed(new Outcome.Away(component, reason));
    }
}
