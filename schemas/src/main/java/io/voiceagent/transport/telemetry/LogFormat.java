package io.voiceagent.transport.telemetry;

import io.voiceagent.transport.Variables;
import java.io.Console;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** How log lines look on standard output; variable {@code LOG_FORMAT}. */
public enum LogFormat {
    /** One JSON object a line, with {@code trace_id} and {@code span_id} where there is a span. */
    JSON,
    /** For people, with the trace id where there is one. */
    TEXT;

    /** As {@code LOG_FORMAT} says ({@code json} or {@code text}); otherwise text on a terminal and JSON elsewhere. */
    public static LogFormat from(Variables variables) {
        String otherwise = onTerminal() ? "text" : "json";
        return variables.oneOf("LOG_FORMAT", otherwise, Set.of("json", "text")).equals("json") ? JSON : TEXT;
    }

    /**
     * Properties for a Spring application's default properties, which must be there before its context is made. Trace and
     * span id come from the logging context ({@link LogScope}).
     */
    public Map<String, Object> springProperties() {
        Map<String, Object> properties = new LinkedHashMap<>();
        switch (this) {
            case JSON -> properties.put("logging.structured.format.console", "logstash");
            case TEXT -> properties.put("logging.pattern.correlation", "%replace([%X{trace_id:-}] ){'^\\[\\] $', ''}");
        }
        return properties;
    }

    private static boolean onTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }
}
