package io.voiceagent.agent.llm;

import io.voiceagent.agent.llm.ChatRequests.MaxTokensField;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the model is and how far a call may go.
 *
 * @param baseUrl of the endpoint, up to and with {@code /v1}; variable {@code LLM_BASE_URL}
 * @param apiKey sent as a bearer token, null: none is sent; variable {@code LLM_API_KEY}
 * @param defaultModel for requests that name none; variable {@code LLM_MODEL}
 * @param connectTimeout variable {@code LLM_CONNECT_TIMEOUT_SECONDS}, 1 to 60
 * @param firstTokenTimeout from the request to the first token; variable {@code LLM_FIRST_TOKEN_TIMEOUT_SECONDS}, 1 to 600
 * @param idleTimeout between two events after that; variable {@code LLM_IDLE_TIMEOUT_SECONDS}, 1 to 600
 * @param maxTries tries within one attempt, the first counted in; variable {@code LLM_MAX_TRIES}, 1 to 10
 * @param retryTime no try begins later than this after the first; variable {@code LLM_RETRY_SECONDS}, 0 to 300
 * @param maxOutputChars bound of an answer's text, reasoning and arguments together; variable {@code LLM_MAX_OUTPUT_CHARS},
 *     1,000 to 1,000,000
 * @param maxTokensField variable {@code LLM_MAX_TOKENS_FIELD}: {@code max_tokens}, or {@code max_completion_tokens} (the
 *     default for OpenAI's own endpoint)
 * @param clientFields whether the endpoint is told {@code prompt_cache_key} and {@code safety_identifier}, which others than
 *     OpenAI's may refuse; variable {@code LLM_CLIENT_FIELDS}: {@code true} or {@code false} (true for OpenAI's own endpoint alone)
 */
record LlmSettings(
        URI baseUrl,
        @Nullable String apiKey,
        String defaultModel,
        Duration connectTimeout,
        Duration firstTokenTimeout,
        Duration idleTimeout,
        int maxTries,
        Duration retryTime,
        int maxOutputChars,
        MaxTokensField maxTokensField,
        boolean clientFields) {
    private static final String OPENAI = "https://api.openai.com/v1";
    /** A token of four characters travels in a chunk of some 300 bytes. */
    private static final long BODY_BYTES_PER_CHAR = 128;

    /**
     * Reads the settings from the variables.
     *
     * @throws InvalidSettingException naming the variable and the remedy
     */
    static LlmSettings from(Variables variables) {
        URI baseUrl = baseUrl(variables.text("LLM_BASE_URL", OPENAI));
        String apiKey = variables.find("LLM_API_KEY");
        if (apiKey == null && variables.find("LLM_BASE_URL") == null) {
            throw new InvalidSettingException(
                    "LLM_API_KEY",
                    "is not set",
                    "Set it to a key of the endpoint, or set LLM_BASE_URL to an endpoint that needs none");
        }
        boolean openAi = "api.openai.com".equals(baseUrl.getHost());
        String field = variables.oneOf(
                "LLM_MAX_TOKENS_FIELD",
                openAi ? "max_completion_tokens" : "max_tokens",
                Set.of("max_tokens", "max_completion_tokens"));
        return new LlmSettings(
                baseUrl,
                apiKey,
                variables.text("LLM_MODEL", "gpt-4o-mini"),
                seconds(variables, "LLM_CONNECT_TIMEOUT_SECONDS", 5, 1, 60),
                seconds(variables, "LLM_FIRST_TOKEN_TIMEOUT_SECONDS", 60, 1, 600),
                seconds(variables, "LLM_IDLE_TIMEOUT_SECONDS", 30, 1, 600),
                variables.integer("LLM_MAX_TRIES", 3, 1, 10),
                seconds(variables, "LLM_RETRY_SECONDS", 30, 0, 300),
                variables.integer("LLM_MAX_OUTPUT_CHARS", 300_000, 1_000, 1_000_000),
                field.equals("max_tokens") ? MaxTokensField.MAX_TOKENS : MaxTokensField.MAX_COMPLETION_TOKENS,
                variables
                        .oneOf("LLM_CLIENT_FIELDS", Boolean.toString(openAi), Set.of("true", "false"))
                        .equals("true"));
    }

    /** Bound of the bytes of one response. */
    long maxBodyBytes() {
        return maxOutputChars * BODY_BYTES_PER_CHAR;
    }

    /** Never shows the key. */
    @Override
    public String toString() {
        return "LlmSettings[baseUrl=%s, apiKey=%s, defaultModel=%s, firstTokenTimeout=%s, idleTimeout=%s, maxTries=%d]"
                .formatted(
                        baseUrl,
                        apiKey == null ? "none" : "***",
                        defaultModel,
                        firstTokenTimeout,
                        idleTimeout,
                        maxTries);
    }

    private static Duration seconds(Variables variables, String name, int otherwise, int min, int max) {
        return Duration.ofSeconds(variables.integer(name, otherwise, min, max));
    }

    private static URI baseUrl(String value) {
        try {
            URI url = new URI(value);
            if (Set.of("http", "https").contains(String.valueOf(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null) {
                return url;
            }
        } catch (URISyntaxException e) {
            throw notAUrl();
        }
        throw notAUrl();
    }

    // Does not repeat the value: people put keys into addresses
    private static InvalidSettingException notAUrl() {
        return new InvalidSettingException(
                "LLM_BASE_URL",
                "is not an http(s) URL without user and password",
                "Use for example https://api.openai.com/v1, and LLM_API_KEY for the key");
    }
}
