package io.voiceagent.tool.config;

import io.voiceagent.tool.core.GuardedTool;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All that is set from outside, read and checked in one go: a wrong value is told before anything is waited for.
 *
 * @param slots {@code TOOL_SLOTS}, calls at once, 1 to 10,000
 * @param drain {@code DRAIN_SECONDS}, how long running calls may take to end when the service is told to, 0 to 300
 * @param approvalTools {@code APPROVAL_TOOLS}, names by commas: tools of which every call has to be approved by the client
 * @param search null without {@code TAVILY_API_KEY}
 */
record ToolWorkerSettings(
        KafkaSettings kafka,
        TelemetryOptions telemetry,
        int slots,
        Duration drain,
        Set<String> approvalTools,
        @Nullable Search search) {
    static final String API_KEY = "TAVILY_API_KEY";
    private static final String APPROVAL_TOOLS = "APPROVAL_TOOLS";
    private static final String BASE_URL = "TAVILY_BASE_URL";
    private static final String DEFAULT_URL = "https://api.tavily.com";
    private static final int MAX_PORT = 65_535;

    /** @param baseUrl {@code TAVILY_BASE_URL} */
    record Search(URI baseUrl, String apiKey) {
        @Override
        public String toString() {
            return "Search[baseUrl=" + baseUrl + "]"; // never the key
        }
    }

    /** @throws InvalidSettingException naming the variable and the remedy */
    static ToolWorkerSettings from(Variables variables, String service, String version) {
        KafkaSettings kafka = KafkaSettings.from(variables);
        return new ToolWorkerSettings(
                kafka,
                TelemetryOptions.from(variables, service, version, kafka),
                variables.integer("TOOL_SLOTS", 32, 1, 10_000),
                Duration.ofSeconds(variables.integer("DRAIN_SECONDS", 25, 0, 300)),
                names(variables.text(APPROVAL_TOOLS, "")),
                search(variables));
    }

    private static Set<String> names(String text) {
        return Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The tools with the operator's policy.
     *
     * @throws InvalidSettingException when it names a tool that is not here: a slip must not leave a tool open
     */
    List<Tool> guarded(List<Tool> tools) {
        List<String> offered =
                tools.stream().map(tool -> tool.description().name()).sorted().toList();
        for (String name : approvalTools) {
            if (!offered.contains(name)) {
                throw new InvalidSettingException(
                        APPROVAL_TOOLS, "names a tool that is not offered here", "Use names of " + offered);
            }
        }
        return tools.stream()
                .map(tool -> approvalTools.contains(tool.description().name()) ? new GuardedTool(tool) : tool)
                .toList();
    }

    private static @Nullable Search search(Variables variables) {
        String key = variables.find(API_KEY);
        return key == null ? null : new Search(baseUrl(variables.text(BASE_URL, DEFAULT_URL)), checked(key));
    }

    /** What an HTTP header can carry: a refusal later would be told with the header in it, and so with the key. */
    private static String checked(String key) {
        if (!key.matches("[!-~]{1,512}")) {
            throw new InvalidSettingException(
                    API_KEY, "is not a key", "Use 1 to 512 ASCII characters without spaces, or leave it out");
        }
        return key;
    }

    private static URI baseUrl(String value) {
        try {
            URI url = new URI(value);
            if (Set.of("http", "https").contains(String.valueOf(url.getScheme()))
                    && url.getHost() != null
                    && url.getPort() <= MAX_PORT
                    && url.getRawQuery() == null
                    && url.getRawFragment() == null
                    && url.getRawUserInfo() == null) {
                return url;
            }
            throw notAUrl(null);
        } catch (URISyntaxException e) {
            throw notAUrl(e);
        }
    }

    private static InvalidSettingException notAUrl(@Nullable Throwable cause) {
        InvalidSettingException invalid = new InvalidSettingException(
                BASE_URL,
                "is not an http(s) URL of scheme, host, port and path",
                "Use for example " + DEFAULT_URL + ", or leave it out");
        invalid.initCause(cause);
        return invalid;
    }
}
