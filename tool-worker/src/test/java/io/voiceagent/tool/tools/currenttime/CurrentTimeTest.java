package io.voiceagent.tool.tools.currenttime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Json;
import io.voiceagent.tool.ToolContract;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolFailure;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class CurrentTimeTest extends ToolContract {
    private final CurrentTime tool =
            new CurrentTime(Clock.fixed(Instant.parse("2026-07-01T23:30:15.7Z"), ZoneOffset.UTC));

    @Override
    protected Tool tool() {
        return tool;
    }

    @Override
    protected String example() {
        return "{\"timezone\":\"Europe/Berlin\"}";
    }

    @ParameterizedTest
    @CsvSource({
        "{\"timezone\":\"Europe/Berlin\"}, 2026-07-02T01:30:15+02:00, Thursday",
        "{\"timezone\":\"America/New_York\"}, 2026-07-01T19:30:15-04:00, Wednesday",
        "{\"timezone\":\"Asia/Kolkata\"}, 2026-07-02T05:00:15+05:30, Thursday",
        "{}, 2026-07-01T23:30:15Z, Wednesday",
    })
    void tellsTheTimeOfTheZone(String arguments, String time, String weekday) throws Exception {
        JsonNode answer = Json.tree(tool.run(call(arguments)));

        assertThat(answer.path("time").asString()).isEqualTo(time);
        assertThat(answer.path("weekday").asString()).isEqualTo(weekday);
        assertThat(answer.path("unix_seconds").asLong()).isEqualTo(1_782_948_615);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Mars/Olympus", "+02:00", "berlin"})
    void anUnknownZoneIsToldByField(String zone) {
        assertThatThrownBy(() -> tool.run(call("{\"timezone\":\"" + zone + "\"}")))
                .isInstanceOfSatisfying(
                        ToolFailure.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCodes.TOOL_ARGUMENTS))
                .hasMessageContaining("timezone")
                .hasMessageContaining(zone);
    }

    @Test
    void anEmptyObjectIsEnough() throws Exception {
        assertThat(tool.run(call(""))).contains("UTC");
    }
}
