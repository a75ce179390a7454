package io.voiceagent.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.bench.Target.Signal;
import java.net.URI;
import org.junit.jupiter.api.Test;

class TargetTest {

    @Test
    void readsTheEventsOfTheApi() {
        Target api = Target.api("http://h/api/v1/", "k", "m", "Hi");

        assertThat(api.uri()).isEqualTo(URI.create("http://h/api/v1/responses"));
        assertThat(read(api, "response.created", "{}")).isEqualTo(new Signal.Accepted());
        assertThat(read(api, "response.in_progress", "{}")).isEqualTo(new Signal.Other());
        assertThat(read(api, "response.output_text.delta", "{\"delta\":\"Hey\"}"))
                .isEqualTo(new Signal.Delta("Hey"));
        assertThat(read(api, "response.completed", "{}")).isEqualTo(new Signal.Completed());
        assertThat(read(api, "response.failed", "{\"response\":{\"error\":{\"code\":\"server_error\"}}}"))
                .isEqualTo(new Signal.Failed("response.failed server_error"));
        assertThat(read(
                        api,
                        "response.incomplete",
                        "{\"response\":{\"error\":null,\"incomplete_details\":{\"reason\":\"max_output_tokens\"}}}"))
                .isEqualTo(new Signal.Failed("response.incomplete max_output_tokens"));
    }

    @Test
    void aStreamWithoutAnEndOrWithoutTextIsAFailure() {
        StreamClock clock = new StreamClock(0, 1);
        assertThat(clock.failure()).isEqualTo("closed before its end");
        clock.signal(new Signal.Completed(), 2);
        assertThat(clock.failure()).isEqualTo("no text");
        clock.signal(new Signal.Delta("x"), 3);
        assertThat(clock.failure()).isEmpty();
        clock.signal(new Signal.Failed("why"), 4);
        assertThat(clock.failure()).isEqualTo("why");
    }

    private static Signal read(Target target, String name, String data) {
        return target.read(new SseParser.Event(name, data));
    }
}
