package io.voiceagent.allinone;

import io.voiceagent.embedded.PrivateFiles;
import io.voiceagent.simulator.SimulatorOptions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the services are told, by the names of the environment variables that they read when they run alone. */
final class Settings {

    /** Fixed for the life of a data directory: a conversation stays on its partition. */
    private static final String PARTITIONS = "4";

    private static final int RESPONSE_ID_KEY_BYTES = 32;

    /** There is one worker of each kind: its slots are all there are. Calls wait on I/O, each on a virtual thread. */
    private static final String LLM_SLOTS = "600";

    private static final String TOOL_SLOTS = "200";

    /** Ctrl-C should end everything within seconds; what is not done by then is done again after the next start. */
    private static final String DRAIN_SECONDS = "1";

    private final Map<String, String> environment;

    Settings(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Whether the environment names a model; otherwise a simulated one is started. */
    boolean namesModel() {
        return has("LLM_BASE_URL") || has("LLM_API_KEY");
    }

    /** Whether the environment names a search; otherwise there is a simulated one beside a simulated model, else none. */
    boolean namesSearch() {
        return has("TAVILY_API_KEY");
    }

    /**
     * How fast the simulated model is, by {@code SIM_…}.
     *
     * @throws StartFailure naming the variable that is wrong
     */
    SimulatorOptions simulatorPace() {
        try {
            return SimulatorOptions.fromEnvironment(environment).withPort(0);
        } catch (IllegalArgumentException e) {
            throw new StartFailure("the simulated model: " + e.getMessage(), e);
        }
    }

    /** {@code API_KEYS} as the environment has it, or two tenants' keys that the data directory keeps. */
    String apiKeys(DataDirectory data) {
        return get("API_KEYS", () -> data.secret("api-keys", () -> "local:" + newKey() + ",guest:" + newKey()));
    }

    /** The first key of a value of {@code API_KEYS}. */
    static String firstKey(String apiKeys) {
        String first = apiKeys.split(",", 2)[0];
        return first.substring(first.indexOf(':') + 1).strip();
    }

    /** Everything about this machine. What the environment says about a model, tracing or limits stays as it is. */
    Map<String, String> forServices(DataDirectory data, Servers servers) {
        var settings = new HashMap<String, String>();
        // What the process's own environment says, services see themselves
        environment.forEach((name, value) -> {
            if (!value.equals(System.getenv(name))) {
                settings.put(name, value);
            }
        });
        settings.put("KAFKA_BOOTSTRAP_SERVERS", servers.kafka());
        settings.put("KAFKA_REPLICATION_FACTOR", "1");
        settings.put("KAFKA_MIN_ISR", "1");
        settings.put("AGENT_PARTITIONS", PARTITIONS);
        settings.put("CALL_PARTITIONS", PARTITIONS);
        settings.put("POSTGRES_URL", servers.jdbcUrl());
        settings.put("POSTGRES_USER", servers.postgresUser());
        settings.put("POSTGRES_PASSWORD", servers.postgresPassword());
        settings.put("API_KEYS", apiKeys(data));
        settings.put(
                "RESPONSE_ID_KEYS",
                get("RESPONSE_ID_KEYS", () -> data.secret("response-id-key", () -> "1:" + randomKey())));
        settings.put("BIND_ADDRESS", "127.0.0.1");
        settings.put("STATE_DIR", data.state().toString());
        settings.put("LLM_SLOTS", get("LLM_SLOTS", () -> LLM_SLOTS));
        settings.put("TOOL_SLOTS", get("TOOL_SLOTS", () -> TOOL_SLOTS));
        settings.put("ARCHIVE_SPAN_WRITERS", get("ARCHIVE_SPAN_WRITERS", () -> "1"));
        settings.put("DRAIN_SECONDS", get("DRAIN_SECONDS", () -> DRAIN_SECONDS));
        SimulatedModel model = servers.simulated();
        if (model != null) {
            settings.put("LLM_BASE_URL", model.baseUrl());
            settings.put("LLM_API_KEY", "simulator");
            settings.put("LLM_MODEL", get("LLM_MODEL", () -> "simulator"));
            if (!namesSearch()) {
                settings.put("TAVILY_BASE_URL", model.searchUrl());
                settings.put("TAVILY_API_KEY", "simulator");
            }
        }
        return settings;
    }

    /**
     * Where the servers that services need are.
     *
     * @param simulated null when the environment names a model
     */
    record Servers(
            String kafka,
            String jdbcUrl,
            String postgresUser,
            String postgresPassword,
            @Nullable SimulatedModel simulated) {}

    /** Base URLs of the simulated model and search. */
    record SimulatedModel(String baseUrl, String searchUrl) {}

    private boolean has(String name) {
        return !environment.getOrDefault(name, "").isBlank();
    }

    private String get(String name, Supplier<String> otherwise) {
        return has(name) ? environment.getOrDefault(name, "") : otherwise.get();
    }

    private static String newKey() {
        return "va-" + PrivateFiles.secret();
    }

    private static String randomKey() {
        var bytes = new byte[RESPONSE_ID_KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
