package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.agent.core.Fixtures.FixedWorkers;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Request.Registration;
import io.voiceagent.messages.Request.Registration.Kind;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is submitted, repeated, read again and rolled back: what becomes turns, and what the others are told. */
class RegisteredProperties {
    private static final long START = 1_767_225_600_000L;

    /**
     * A submission in the log.
     *
     * @param after milliseconds since the one before
     * @param reads how often it is read from the log
     * @param rolledBack whether the first reading is undone
     */
    record Step(Kind kind, int key, int body, long after, int reads, boolean rolledBack) {}

    @Provide
    Arbitrary<List<Step>> logs() {
        Arbitrary<Long> pauses = Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(8, Arbitraries.longs().between(0, 60_000)),
                net.jqwik.api.Tuple.of(2, Arbitraries.longs().between(0, 3 * Registered.BODY_LIFE)),
                net.jqwik.api.Tuple.of(1, Arbitraries.longs().between(0, 2 * Registered.KEY_LIFE)));
        return Combinators.combine(
                        Arbitraries.of(Kind.class),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 1),
                        pauses,
                        Arbitraries.integers().between(1, 2),
                        Arbitraries.of(true, false))
                .as(Step::new)
                .list()
                .ofMaxSize(40);
    }

    @Property(tries = 500)
    void aKeyIsOneTurnAndARepetitionIsToldWhich(@ForAll("logs") List<Step> log) {
        Orchestrator orchestrator = new Orchestrator();
        List<Request.Submit> submits = new ArrayList<>();
        long now = START;
        for (Step step : log) {
            now += step.after;
            Request.Submit submit = submit(submits.size(), now, step);
            submits.add(submit);
            if (step.rolledBack) {
                orchestrator.copy().read(submit);
            }
            for (int i = 0; i < step.reads; i++) {
                orchestrator.read(submit);
            }
        }
        Map<String, Request.Submit> byId = new HashMap<>();
        submits.forEach(submit -> byId.put(submit.responseId(), submit));
        Set<String> accepted = new HashSet<>();
        Map<String, Long> keyTaken = new HashMap<>();
        for (StepEvent event : orchestrator.events) {
            Request.Submit submit = byId.get(event.responseId());
            Registration asked = submit.registration();
            if (event instanceof StepEvent.Accepted) {
                assertThat(accepted.add(event.responseId()))
                        .as("one submission is one turn")
                        .isTrue();
                if (asked.kind() == Kind.KEY) {
                    Long taken = keyTaken.put(asked.key(), submit.submittedAt());
                    assertThat(taken == null || submit.submittedAt() - taken >= Registered.KEY_LIFE)
                            .as("one turn of a key at a time")
                            .isTrue();
                }
            } else if (event instanceof StepEvent.Repeated repeated) {
                Request.Submit earlier = byId.get(repeated.earlier());
                assertThat(accepted).contains(repeated.earlier()).doesNotContain(repeated.responseId());
                assertThat(asked.kind()).isNotEqualTo(Kind.FIRST_TRY);
                assertThat(earlier.registration().key()).isEqualTo(asked.key());
                assertThat(earlier.registration().kind() == Kind.KEY).isEqualTo(asked.kind() == Kind.KEY);
                assertThat(submit.submittedAt() - earlier.submittedAt()).isLessThan(Registered.life(asked.kind()));
                assertThat(repeated.same())
                        .isEqualTo(earlier.registration().body().equals(asked.body()));
            }
        }
        for (Request.Submit submit : submits) {
            if (submit.registration().kind() == Kind.FIRST_TRY) {
                assertThat(accepted).as("a first try always runs").contains(submit.responseId());
            }
        }
        assertThat(orchestrator.answered).as("nobody is left without an answer").containsAll(byId.keySet());
    }

    private static Request.Submit submit(int number, long at, Step step) {
        String id = Fixtures.responseId(number, at);
        boolean byKey = step.kind == Kind.KEY;
        return new Request.Submit(
                id,
                ResponseId.parse(id).conversation(),
                Fixtures.TENANT,
                at,
                at + 1,
                Fixtures.spec(null, null),
                new Registration(
                        step.kind, byKey ? "key " + step.key : "body " + step.body, Integer.toString(step.body)));
    }

    /** The state of a partition as the transactions leave it. */
    private static final class Orchestrator {
        private final Decider decider = new Decider(Limits.DEFAULT);
        private final Map<String, Turn> turns = new HashMap<>();
        private final Map<String, Registered> latest = new HashMap<>();
        private final List<StepEvent> events = new ArrayList<>();
        private final Set<String> answered = new HashSet<>();

        Orchestrator copy() {
            Orchestrator copy = new Orchestrator();
            copy.turns.putAll(turns);
            copy.latest.putAll(latest);
            return copy;
        }

        void read(Request.Submit submit) {
            String id = submit.responseId();
            Registration registration = submit.registration();
            Input.Submit input = new Input.Submit(
                    submit, Input.Parent.NONE, List.of(), 1, null, latest.get(registration.key()), null);
            Decision decision = decider.decide(
                    turns.getOrDefault(id, Turn.unknown(id)), input, submit.submittedAt(), FixedWorkers.of());
            turns.put(id, decision.after());
            if (decision.accepts()) {
                latest.put(registration.key(), Registered.of(submit));
            }
            decision.events().forEach(event -> answered.add(event.responseId()));
            events.addAll(decision.events());
        }
    }
}
