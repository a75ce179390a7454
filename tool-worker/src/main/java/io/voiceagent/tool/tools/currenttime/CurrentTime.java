package io.voiceagent.tool.tools.currenttime;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.Descriptions;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolCall;
import io.voiceagent.tool.core.ToolFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Tells date and time in a time zone of the IANA database. */
public final class CurrentTime implements Tool {
    private static final String DEFAULT_ZONE = "UTC";

    private static final ToolDescription DESCRIPTION = Descriptions.builtin(
            "current_time",
            ToolDescription.Kind.MCP,
            "Returns the current date, time and weekday in a time zone.",
            """
            {
              "type": "object",
              "properties": {
                "timezone": {
                  "type": "string",
                  "description": "Name in the IANA time zone database, for example Europe/Berlin; UTC when left out",
                  "minLength": 1,
                  "maxLength": 64
                }
              },
              "additionalProperties": false
            }
            """,
            true,
            Duration.ofSeconds(2),
            1_000);

    private final Clock clock;

    public CurrentTime(Clock clock) {
        this.clock = clock;
    }

    @Override
    public ToolDescription description() {
        return DESCRIPTION;
    }

    @Override
    public String run(ToolCall call) throws ToolFailure {
        String name = call.arguments().path("timezone").asString(DEFAULT_ZONE);
        // Not ZoneId.of alone: that takes offsets, too, which know no summer time
        if (!ZoneId.getAvailableZoneIds().contains(name)) {
            throw ToolFailure.arguments("timezone: \"" + name
                    + "\" is not in the IANA time zone database; use a name such as Europe/Berlin or UTC");
        }
        ZonedDateTime now = ZonedDateTime.ofInstant(clock.instant(), ZoneId.of(name));
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("timezone", name);
        answer.put("time", now.truncatedTo(ChronoUnit.SECONDS).format(DateTimeFormatter.ISO_OFFSET_DATE_TIME));
        answer.put("weekday", now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
        answer.put("unix_seconds", now.toEpochSecond());
        return Json.text(answer);
    }
}
