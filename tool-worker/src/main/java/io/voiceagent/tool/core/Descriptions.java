package io.voiceagent.tool.core;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.Sha256;
import io.voiceagent.messages.ToolDescription;
import java.time.Duration;
import java.util.HexFormat;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Makes descriptions of tools, checked and with their hash. */
public final class Descriptions {
    /** The longest time that a tool may take. */
    public static final Duration MAX_TIMEOUT = Duration.ofMinutes(10);
    /** The longest answer that a tool may give, in characters. */
    public static final int MAX_RESULT_CHARS = 200_000;

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final int MIN_RESULT_CHARS = 100;
    private static final int HASH_BYTES = 16;

    private Descriptions() {}

    /**
     * A description of a tool that the workers bring themselves.
     *
     * @param parameters JSON Schema 2020-12 of an object
     * @throws IllegalArgumentException naming what is out of its bounds
     */
    public static ToolDescription builtin(
            String name,
            ToolDescription.Kind kind,
            String description,
            String parameters,
            boolean idempotent,
            Duration timeout,
            int maxResultChars) {
        JsonNode schema = Json.tree(parameters);
        require(NAME.matcher(name).matches(), name + ": a name has 1 to 64 letters, digits, _ or -");
        require(!description.isBlank(), name + ": the description is missing");
        require(
                schema.path("type").asString("").equals("object"),
                name + ": the parameters must be the schema of an object");
        require(
                timeout.isPositive() && timeout.compareTo(MAX_TIMEOUT) <= 0,
                name + ": the time-out must be above 0 and at most " + MAX_TIMEOUT.toSeconds() + " s");
        require(
                maxResultChars >= MIN_RESULT_CHARS && maxResultChars <= MAX_RESULT_CHARS,
                name + ": the bound of the result must be " + MIN_RESULT_CHARS + " to " + MAX_RESULT_CHARS
                        + " characters");
        ToolDescription unhashed = new ToolDescription(
                name,
                ToolDescription.BUILTIN_SERVER,
                kind,
                description,
                schema,
                idempotent,
                timeout.toMillis(),
                maxResultChars,
                "");
        return new ToolDescription(
                name,
                unhashed.server(),
                kind,
                description,
                schema,
                idempotent,
                unhashed.timeoutMillis(),
                maxResultChars,
                hash(unhashed));
    }

    /** The hash that a description ought to have, whatever it says. */
    public static String hash(ToolDescription description) {
        ToolDescription unhashed = new ToolDescription(
                description.name(),
                description.server(),
                description.kind(),
                description.description(),
                description.parameters(),
                description.idempotent(),
                description.timeoutMillis(),
                description.maxResultChars(),
                "",
                description.needsApproval());
        return HexFormat.of().formatHex(Sha256.of(Json.write(unhashed)), 0, HASH_BYTES);
    }

    /** The same tool when each of its calls has to be approved by the client: another description, so another hash. */
    public static ToolDescription needingApproval(ToolDescription description) {
        ToolDescription unhashed = withHash(description, "");
        return withHash(unhashed, hash(unhashed));
    }

    private static ToolDescription withHash(ToolDescription description, String hash) {
        return new ToolDescription(
                description.name(),
                description.server(),
                description.kind(),
                description.description(),
                description.parameters(),
                description.idempotent(),
                description.timeoutMillis(),
                description.maxResultChars(),
                hash,
                true);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
