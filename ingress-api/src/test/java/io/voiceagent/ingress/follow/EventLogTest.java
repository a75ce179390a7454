package io.voiceagent.ingress.follow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.messages.fold.ResponseEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class EventLogTest {
    private final EventLog log = new EventLog(Schedulers.parallel());

    private static ResponseEvent event(long number) {
        return new ResponseEvent(number, "t", "{\"n\":%d}".formatted(number));
    }

    private static List<ResponseEvent> events(long from, long to) {
        return LongStream.range(from, to).mapToObj(EventLogTest::event).toList();
    }

    @Test
    void whatIsThereComesAtOnceAndTheRestAsItComes() {
        log.append(events(0, 3));

        StepVerifier.create(log.from(-1))
                .expectNextSequence(events(0, 3))
                .then(() -> log.append(events(3, 100)))
                .expectNextSequence(events(3, 100))
                .then(log::complete)
                .verifyComplete();
    }

    @Test
    void aReaderStartsAfterAnyNumber() {
        log.append(events(0, 20));
        log.complete();

        for (int after = -1; after < 25; after++) {
            StepVerifier.create(log.from(after))
                    .expectNextSequence(events(Math.min(after + 1, 20), 20))
                    .verifyComplete();
        }
        StepVerifier.create(log.from(Long.MAX_VALUE)).verifyComplete();
    }

    @Test
    void aReaderGetsNoMoreThanItAsksFor() {
        log.append(events(0, 10));

        StepVerifier.create(log.from(-1), 2)
                .expectNextSequence(events(0, 2))
                .thenRequest(3)
                .expectNextSequence(events(2, 5))
                .then(() -> log.append(events(10, 11)))
                .then(log::complete)
                .thenRequest(Long.MAX_VALUE)
                .expectNextSequence(events(5, 11))
                .verifyComplete();
    }

    @Test
    void aFailureComesAfterWhatIsThere() {
        log.append(events(0, 2));
        log.fail(new FollowingLostException("gone"));
        log.append(events(2, 3));

        StepVerifier.create(log.from(-1)).expectNextSequence(events(0, 2)).verifyError(FollowingLostException.class);
    }

    @Test
    void whoGoesAwayLeavesNothingBehind() {
        log.append(events(0, 2));
        StepVerifier.create(log.from(-1)).expectNextCount(2).thenCancel().verify();
        log.append(events(2, 3));

        await().untilAsserted(() -> assertThat(log.readers()).isZero());
    }

    @Test
    void manyReadersOfDifferentPaceSeeTheSame() {
        List<List<ResponseEvent>> seen = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            List<ResponseEvent> mine = Collections.synchronizedList(new ArrayList<>());
            seen.add(mine);
            int pace = 1 + i % 7;
            log.from(-1).subscribe(new BaseSubscriber<>() {
                private int left = pace;

                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    request(pace);
                }

                @Override
                protected void hookOnNext(ResponseEvent event) {
                    mine.add(event);
                    if (--left == 0) {
                        left = pace;
                        request(pace);
                    }
                }
            });
        }
        for (int i = 0; i < 500; i++) {
            log.append(events(i, i + 1));
        }
        log.complete();

        await().untilAsserted(() -> assertThat(log.readers()).isZero());
        assertThat(seen).allSatisfy(mine -> assertThat(mine).isEqualTo(events(0, 500)));
    }
}
