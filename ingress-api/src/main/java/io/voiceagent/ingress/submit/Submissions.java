package io.voiceagent.ingress.submit;

import io.opentelemetry.context.Context;
import io.voiceagent.ingress.follow.FollowedResponse;
import io.voiceagent.ingress.follow.FollowingLostException;
import io.voiceagent.ingress.follow.ResponseReader;
import io.voiceagent.ingress.follow.ResponseReader.Verdict;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.security.ResponseIds;
import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Request.Registration;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.TurnError;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Submits, finds and cancels turns. Keeps nothing: what is accepted is in the log, and nowhere else. */
public final class Submissions {
    private static final String PREVIOUS = "previous_response_id";

    /**
     * Bounds and sizes.
     *
     * @param partitions of all topics that are keyed by the conversation
     * @param turnDeadline from the submission to the end of a turn at the latest
     * @param cancelWait how long a cancel waits for the turn to end
     * @param verdictWait how long a submission that may repeat another waits for what the orchestrator makes of it
     * @param approvalLife how long a request for approval waits for its answer
     */
    public record Options(
            int partitions, Duration turnDeadline, Duration cancelWait, Duration verdictWait, Duration approvalLife) {}

    /**
     * What a submission came to.
     *
     * @param replayed it is the response of an earlier submission
     */
    public record Submitted(FollowedResponse response, boolean replayed) {}

    private final Options options;
    private final ResponseIds ids;
    private final RequestLog log;
    private final ResponseReader reader;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Compactions compactions;

    /** @param random unpredictable, and safe for use by many threads */
    public Submissions(
            Options options,
            ResponseIds ids,
            RequestLog log,
            ResponseReader reader,
            InstantSource clock,
            RandomGenerator random) {
        this.options = options;
        this.ids = ids;
        this.log = log;
        this.reader = reader;
        this.clock = clock;
        this.random = random;
        this.compactions = new Compactions(ids);
    }

    /**
     * Writes a turn to the log; signals the response as soon as the log has acknowledged it, or a {@link Refusal}. A turn that goes on from
     * another one takes place in the same conversation, so in the same partition.
     *
     * <p>One that may repeat another is answered when the orchestrator has decided what it is: to answer with an id before could tell the
     * client of a turn that never comes.
     *
     * @param repeatable null: it is a turn of its own, whatever came before
     */
    public Mono<Submitted> submit(String tenant, ResponseSpec spec, @Nullable Repeatable repeatable, Context trace) {
        String before = spec.conversationId() == null ? spec.previousResponseId() : spec.conversationId();
        Registration registration = repeatable == null ? null : repeatable.registration(tenant, before);
        return conversation(tenant, spec, registration).flatMap(conversation -> {
            Instant now = clock.instant();
            Request.Submit submit = new Request.Submit(
                    ids.mint(tenant, conversation, now, random.nextInt()).toString(),
                    conversation,
                    tenant,
                    now.toEpochMilli(),
                    now.plus(options.turnDeadline).toEpochMilli(),
                    spec,
                    registration);
            // What a conversation makes of a turn only the orchestrator can tell
            return spec.conversationId() != null || repeatable != null && repeatable.mayRepeat()
                    ? decided(submit, trace)
                    : log.append(submit, trace)
                            .onErrorMap(Refusal.class, refusal -> naming(submit.responseId(), refusal))
                            .then(Mono.fromSupplier(() -> new Submitted(reader.submitted(submit), false)));
        });
    }

    private Mono<Submitted> decided(Request.Submit submit, Context trace) {
        return Mono.using(
                        () -> reader.watch(submit.responseId()),
                        watch -> log.append(submit, trace)
                                .then(watch.verdict().timeout(options.verdictWait))
                                .onErrorMap(e -> isUnknown(e) ? unknown(submit) : e),
                        ResponseReader.Watch::close)
                .flatMap(verdict -> switch (verdict) {
                    case Verdict.Accepted _ -> Mono.just(new Submitted(reader.submitted(submit), false));
                    case Verdict.Repeats(String earlier, boolean same)
                    when same ->
                        find(submit.tenant(), ResponseId.parse(earlier), gone())
                                .map(found -> new Submitted(found, true));
                    case Verdict.Repeats _ -> Mono.error(reused());
                    case Verdict.Refused(TurnError error) -> Mono.error(Conversations.refusal(error, "conversation"));
                    case Verdict.OfConversation _ ->
                        Mono.error(new IllegalStateException("a turn was answered as a change of a conversation"));
                });
    }

    private static boolean isUnknown(Throwable failure) {
        return failure instanceof TimeoutException
                || failure instanceof Refusal refusal && refusal.code() == Code.SUBMISSION_UNKNOWN;
    }

    private static Refusal unknown(Request.Submit submit) {
        String unknown = "Whether the request was accepted is not known yet.";
        Registration registration = submit.registration();
        return switch (registration == null ? Registration.Kind.FIRST_TRY : registration.kind()) {
            case FIRST_TRY -> naming(submit.responseId(), Refusal.of(Code.SUBMISSION_UNKNOWN, unknown));
            // Its id may become nobody's
            case RETRY -> Refusal.of(Code.SUBMISSION_UNKNOWN, unknown + " Send it again.");
            case KEY ->
                Refusal.of(
                        Code.SUBMISSION_UNKNOWN,
                        unknown + " Send it again with the same Idempotency-Key: it runs once.");
        };
    }

    private static Refusal reused() {
        return new Refusal(
                Code.IDEMPOTENCY_KEY_REUSED,
                "Idempotency-Key",
                "The Idempotency-Key was sent with another body before. Send the same body, or use another key.");
    }

    private static Refusal gone() {
        return Refusal.of(
                Code.RESPONSE_NOT_FOUND,
                "The request was accepted before, and its response is no longer there. Use another key to run it again.");
    }

    /** What may have been accepted must not be hidden from who sent it: under its id it can be looked for. */
    private static Refusal naming(String id, Refusal refusal) {
        return refusal.code() == Code.SUBMISSION_UNKNOWN
                ? new Refusal(
                        refusal.code(),
                        refusal.param(),
                        "%s If it was, its id is %s: get it a little later to learn which."
                                .formatted(refusal.message(), id))
                : refusal;
    }

    /** Opens and makes compactions. */
    public Compactions compactions() {
        return compactions;
    }

    /** Submits the turn that sums up what {@code asked} has as input and goes on from. */
    public Mono<FollowedResponse> compact(String tenant, ResponseSpec asked, Context trace) {
        return submit(tenant, Compactions.turn(asked), null, trace).map(Submitted::response);
    }

    /** How many tokens the context of {@code asked} has for its model, as well as can be told; or a {@link Refusal}. */
    public Mono<Long> inputTokens(String tenant, ResponseSpec asked) {
        return new Branch(this)
                .before(tenant, asked.previousResponseId())
                .publishOn(
                        Schedulers.boundedElastic()) // counting takes a while, and look-ups answer on threads of others
                .map(before -> TokenCount.of(asked) + TokenCount.of(asked.model(), before));
    }

    /** The same of a turn of a conversation, where {@code context} comes before it, piece by piece. */
    public Mono<Long> inputTokens(ResponseSpec asked, Flux<List<Item>> context) {
        return context.publishOn(Schedulers.boundedElastic(), 1)
                .map(before -> TokenCount.of(asked.model(), before))
                .reduce(0L, Long::sum)
                .map(before -> TokenCount.of(asked) + before);
    }

    /** The response, or a {@link Refusal}: not there and not this tenant's are the same. */
    public Mono<FollowedResponse> find(String tenant, String id) {
        Refusal missing = new Refusal(
                Code.RESPONSE_NOT_FOUND,
                "response_id",
                "No response of this API key has that id. Check it for completeness.");
        return find(tenant, id, missing);
    }

    /**
     * Asks the turn to stop and waits a bounded time for its end; signals the response as it is then. Of a turn that has ended it changes
     * nothing.
     */
    public Mono<FollowedResponse> cancel(String tenant, String id, Context trace) {
        return find(tenant, id).flatMap(found -> {
            if (found.ended()) {
                return Mono.just(found);
            }
            String conversation = ResponseId.parse(id).conversation();
            return log.append(new Request.Cancel(id, conversation, tenant), trace)
                    .then(found.whenEnded().timeout(options.cancelWait).then())
                    .onErrorComplete(e -> e instanceof TimeoutException || e instanceof FollowingLostException)
                    .thenReturn(found);
        });
    }

    /**
     * Deletes the response, for good and everywhere; completes when that is committed. A turn that runs is cancelled first. Signals a
     * {@link Refusal} when there is no such response (any more), or when it is not known in time whether it was deleted.
     */
    public Mono<Void> delete(String tenant, String id, Context trace) {
        return cancel(tenant, id, trace).flatMap(found -> {
            Request.Delete delete = new Request.Delete(id, ResponseId.parse(id).conversation(), tenant);
            return Mono.using(
                            () -> reader.watchDeletion(id),
                            watch -> log.append(delete, trace)
                                    .then(watch.deleted().timeout(options.verdictWait)),
                            ResponseReader.DeletionWatch::close)
                    .onErrorMap(e -> isUnknown(e) ? deletionUnknown() : e);
        });
    }

    private static Refusal deletionUnknown() {
        return Refusal.of(
                Code.SUBMISSION_UNKNOWN,
                "Whether the response was deleted is not known yet, or its turn has not ended. Delete it again.");
    }

    /** What the turn was submitted with, in that order; or a {@link Refusal} as of {@link #find}. */
    public Mono<List<Item>> input(String tenant, String id) {
        return find(tenant, id)
                .flatMap(found -> reader.input(ResponseId.parse(found.id())))
                .map(lookup -> switch (lookup) {
                    case ResponseReader.InputLookup.Found found -> found.items();
                    case ResponseReader.InputLookup.Missing none ->
                        throw new Refusal(
                                Code.RESPONSE_NOT_FOUND,
                                "response_id",
                                "The input of the response is not kept any more.");
                    case ResponseReader.InputLookup.Unreachable away ->
                        throw Refusal.of(
                                Code.SERVICE_UNAVAILABLE,
                                "The input can't be told: %s can't be reached. Try again later."
                                        .formatted(away.component()));
                });
    }

    private Mono<String> conversation(String tenant, ResponseSpec spec, @Nullable Registration registration) {
        @Nullable String previous = spec.previousResponseId();
        String line = spec.conversationId();
        if (line != null) {
            return Mono.justOrEmpty(ids.verifyConversation(line, tenant))
                    .map(ConversationId::conversation)
                    .switchIfEmpty(Mono.error(() -> Conversations.notFound("conversation")))
                    .flatMap(found -> approvals(tenant, spec, found).thenReturn(found));
        }
        if (previous == null) {
            return Mono.fromSupplier(() -> ResponseId.conversation(partition(registration), random.nextLong()));
        }
        Refusal missing = new Refusal(
                Code.PREVIOUS_RESPONSE_NOT_FOUND,
                PREVIOUS,
                "Previous response not found. Check 'previous_response_id'.");
        Mono<String> conversation = find(tenant, previous, missing).map(parent -> {
            if (!parent.stored()) {
                throw new Refusal(
                        Code.PREVIOUS_RESPONSE_NOT_FOUND,
                        PREVIOUS,
                        "The previous response was created with 'store' false, so nothing goes on from it. Send its items as input.");
            }
            if (!parent.ended()) {
                throw new Refusal(
                        Code.PREVIOUS_RESPONSE_IN_PROGRESS,
                        PREVIOUS,
                        "The previous response has not ended. Wait for its end, or cancel it.");
            }
            ParentCalls.requireAnswered(parent.json(), spec.input());
            return ResponseId.parse(previous).conversation();
        });
        return conversation.flatMap(found -> approvals(tenant, spec, found).thenReturn(found));
    }

    private Mono<Void> approvals(String tenant, ResponseSpec spec, String conversation) {
        Refusal missing = ApprovalAnswers.notFound();
        return Flux.fromIterable(ApprovalAnswers.asking(spec.input()))
                .concatMap(id -> ResponseId.parse(id).conversation().equals(conversation)
                        ? find(tenant, id, missing)
                        : Mono.error(missing))
                .doOnNext(asked -> ApprovalAnswers.requireOpen(
                        asked.id(), asked.json(), spec, clock.instant(), options.approvalLife))
                .then();
    }

    private int partition(@Nullable Registration registration) {
        return registration == null
                ? random.nextInt(options.partitions)
                : Repeatable.partition(registration, options.partitions);
    }

    /** As {@link #find(String, String)}, with another refusal of what is not there. */
    Mono<FollowedResponse> find(String tenant, String id, Refusal missing) {
        Optional<ResponseId> verified = ids.verify(id, tenant);
        return verified.isEmpty() ? Mono.error(missing) : find(tenant, verified.get(), missing);
    }

    private Mono<FollowedResponse> find(String tenant, ResponseId id, Refusal missing) {
        return reader.find(id, tenant).map(lookup -> switch (lookup) {
            case ResponseReader.Lookup.Found found -> found.response();
            case ResponseReader.Lookup.Missing none -> throw missing;
            case ResponseReader.Lookup.Unreachable away ->
                throw Refusal.of(
                        Code.SERVICE_UNAVAILABLE,
                        "Whether the response exists can't be told: %s can't be reached. Try again later."
                                .formatted(away.component()));
        });
    }
}
