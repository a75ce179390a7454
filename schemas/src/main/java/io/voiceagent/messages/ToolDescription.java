package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the catalogue says of one tool; written by tool workers at their start, keyed by {@link #name}.
 *
 * @param name as the model sees it, unique over all servers, {@code [a-zA-Z0-9_-]{1,64}}
 * @param server label of the server that the tool belongs to
 * @param kind how the tool shows itself in the public output
 * @param description for the model
 * @param parameters JSON Schema 2020-12 of the arguments, an object schema
 * @param idempotent whether a second run does no harm; a tool that is not has no second attempt once it may have started
 * @param timeoutMillis bound of one run, milliseconds
 * @param maxResultChars longer results are cut, and say so
 * @param hash of all of the others, lower-case hex; a worker offers the tool under this hash
 * @param needsApproval true: the tool's policy is that a client approves each call, whatever the request says; else null
 */
public record ToolDescription(
        String name,
        String server,
        Kind kind,
        String description,
        JsonNode parameters,
        boolean idempotent,
        long timeoutMillis,
        int maxResultChars,
        String hash,
        @Nullable Boolean needsApproval) {
    public ToolDescription {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(parameters, "parameters");
        Objects.requireNonNull(hash, "hash");
        // One way to say no, or two descriptions that say the same would differ
        needsApproval = Boolean.TRUE.equals(needsApproval) ? Boolean.TRUE : null;
    }

    /** A tool whose calls need no approval. */
    public ToolDescription(
            String name,
            String server,
            Kind kind,
            String description,
            JsonNode parameters,
            boolean idempotent,
            long timeoutMillis,
            int maxResultChars,
            String hash) {
        this(name, server, kind, description, parameters, idempotent, timeoutMillis, maxResultChars, hash, null);
    }

    /** Label of the tools that the workers bring themselves. */
    public static final String BUILTIN_SERVER = "builtin";

    /** The public item type of a call. */
    public enum Kind {
        /** {@code web_search_call}. */
        @JsonProperty("web_search")
        WEB_SEARCH,
        /** {@code mcp_call}. */
        @JsonProperty("mcp")
        MCP
    }
}
