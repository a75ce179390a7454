package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.messages.fold.ResponseEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class EventStreamTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final EventStream stream = new EventStream(Duration.ofSeconds(15), new RequestMetrics(registry, registry));

    /** Counts flushes: each inner publisher is one. */
    private static final class Flushes extends MockServerHttpResponse {
        final List<String> flushed = new ArrayList<>();

        @Override
        protected Mono<Void> writeAndFlushWithInternal(Publisher<? extends Publisher<? extends DataBuffer>> body) {
            return Flux.from(body)
                    .concatMap(inner -> Flux.from(inner)
                            .map(buffer -> buffer.toString(StandardCharsets.UTF_8))
                            .collectList()
                            .doOnNext(buffers -> {
                                assertThat(buffers).hasSize(1);
                                flushed.addAll(buffers);
                            }))
                    .then();
        }
    }

    @Test
    void eachEventIsOneBufferAndOneFlush() {
        Flushes response = new Flushes();
        StepVerifier.create(stream.write(
                        response, Flux.just(new ResponseEvent(0, "a", "{}"), new ResponseEvent(1, "b", "{\"x\":1}"))))
                .verifyComplete();
        assertThat(response.flushed)
                .containsExactly(
                        "id: 0\nevent: a\ndata: {}\n\n", "id: 1\nevent: b\ndata: {\"x\":1}\n\n", "data: [DONE]\n\n");
        assertThat(openStreams()).isZero();
    }

    @Test
    void anIdleStreamBeats() {
        Flushes response = new Flushes();
        TestPublisher<ResponseEvent> events = TestPublisher.create();
        StepVerifier.withVirtualTime(() -> stream.write(response, events.flux()))
                .expectSubscription()
                .thenAwait(Duration.ofSeconds(31))
                .then(() -> {
                    assertThat(response.flushed).containsExactly(": heartbeat\n\n", ": heartbeat\n\n");
                    assertThat(openStreams()).isOne();
                })
                .then(() -> events.next(new ResponseEvent(0, "a", "{}")).complete())
                .verifyComplete();
        assertThat(response.flushed).last().isEqualTo("data: [DONE]\n\n");
    }

    @Test
    void aStreamThatBreaksOffIsNotDone() {
        Flushes response = new Flushes();
        StepVerifier.create(stream.write(
                        response,
                        Flux.just(new ResponseEvent(0, "a", "{}"))
                                .concatWith(Flux.error(new IllegalStateException("x")))))
                .verifyError(IllegalStateException.class);
        assertThat(response.flushed).noneMatch(piece -> piece.contains("[DONE]"));
        assertThat(openStreams()).isZero();
    }

    private double openStreams() {
        return registry.get("voice.agent.http.streams").gauge().value();
    }
}
