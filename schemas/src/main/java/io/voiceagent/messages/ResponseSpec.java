package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the client asked for: all that a response object echoes, and the input. Limits are checked before it is made.
 *
 * @param input never empty
 * @param previousResponseId the parent: its context comes before this input
 * @param maxOutputTokens bound over all model calls of the turn
 * @param maxToolCalls bound over all hosted tool calls of the turn
 * @param text the {@code text} object as the client sent it, null when absent
 * @param reasoning the {@code reasoning} object as the client sent it, null when absent
 * @param safetyIdentifier names the end user to the model endpoint, null when absent
 * @param promptCacheKey groups requests for the model endpoint's cache, null when absent
 * @param truncation null: a context that is too long fails the turn; {@code auto}: its oldest turns are left out
 * @param serviceTier what is asked of the model endpoint, null: its default
 * @param conversationId public id of the conversation object, null when the turn names none
 * @param concurrency what becomes of the turn when its conversation is busy, null: it waits
 * @param spend what it may cost, null: nobody asked, and nobody knows the price
 * @param topLogprobs null: nobody asked for log-probabilities; else how many candidates are wanted at each token, 0 to 20
 */
public record ResponseSpec(
        String model,
        List<Item> input,
        @Nullable String instructions,
        List<ToolSpec> tools,
        ToolChoice toolChoice,
        boolean parallelToolCalls,
        boolean background,
        boolean store,
        @Nullable String previousResponseId,
        Map<String, String> metadata,
        @Nullable Integer maxOutputTokens,
        @Nullable Integer maxToolCalls,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable JsonNode text,
        @Nullable JsonNode reasoning,
        @Nullable String safetyIdentifier,
        @Nullable String promptCacheKey,
        @Nullable String conversationId,
        @Nullable Concurrency concurrency,
        @Nullable Truncation truncation,
        @Nullable String serviceTier,
        @Nullable Spend spend,
        @Nullable Integer topLogprobs) {
    /**
     * What a turn may cost. Amounts are picodollars, see {@link Price}.
     *
     * @param asked the bound that the client set, null when it set none
     * @param limit the bound that holds: the client's, or its tenant's; null when there is none
     * @param price of the model when the turn was submitted, null when it is not known; then there is no limit
     */
    public record Spend(
            @Nullable Long asked,
            @Nullable Long limit,
            @Nullable Price price) {}

    /** What happens to a context that is too long for the model. */
    public enum Truncation {
        /** The oldest turns are left out until it fits. */
        @JsonProperty("auto")
        AUTO
    }

    public ResponseSpec {
        input = List.copyOf(input);
        tools = tools == null ? List.of() : List.copyOf(tools);
        toolChoice = toolChoice == null ? ToolChoice.AUTO : toolChoice;
        // Not Map.copyOf: its order differs from process to process, and all readers must render the same bytes.
        metadata = metadata == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /** A turn in the background that leaves everything else to its default. */
    public static ResponseSpec inBackground(
            String model, List<Item> input, @Nullable String instructions, List<ToolSpec> tools) {
        return builder(model, input)
                .instructions(instructions)
                .tools(tools)
                .background(true)
                .build();
    }

    /** A spec that leaves all but model and input to its default: in the foreground, and kept. */
    public static Builder builder(String model, List<Item> input) {
        return new Builder(model, input);
    }

    /** A spec of one message of the user that leaves the rest to its default. */
    public static Builder builder(String model, String text) {
        return new Builder(model, List.of(new Item.Message(Item.Role.USER, text)));
    }

    /** This spec, to be changed; it stays as it is itself. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Makes specs; a component that is added has to be named here alone. Confined to one thread. */
    public static final class Builder {
        private String model;
        private List<Item> input;
        private @Nullable String instructions;
        private List<ToolSpec> tools = List.of();
        private ToolChoice toolChoice = ToolChoice.AUTO;
        private boolean parallelToolCalls = true;
        private boolean background;
        private boolean store = true;
        private @Nullable String previousResponseId;
        private Map<String, String> metadata = Map.of();
        private @Nullable Integer maxOutputTokens;
        private @Nullable Integer maxToolCalls;
        private @Nullable Double temperature;
        private @Nullable Double topP;
        private @Nullable JsonNode text;
        private @Nullable JsonNode reasoning;
        private @Nullable String safetyIdentifier;
        private @Nullable String promptCacheKey;
        private @Nullable String conversationId;
        private @Nullable Concurrency concurrency;
        private @Nullable Spend spend;
        private @Nullable Truncation truncation;
        private @Nullable String serviceTier;
        private @Nullable Integer topLogprobs;

        private Builder(String model, List<Item> input) {
            this.model = model;
            this.input = input;
        }

        private Builder(ResponseSpec spec) {
            this.model = spec.model;
            this.input = spec.input;
            this.instructions = spec.instructions;
            this.tools = spec.tools;
            this.toolChoice = spec.toolChoice;
            this.parallelToolCalls = spec.parallelToolCalls;
            this.background = spec.background;
            this.store = spec.store;
            this.previousResponseId = spec.previousResponseId;
            this.metadata = spec.metadata;
            this.maxOutputTokens = spec.maxOutputTokens;
            this.maxToolCalls = spec.maxToolCalls;
            this.temperature = spec.temperature;
            this.topP = spec.topP;
            this.text = spec.text;
            this.reasoning = spec.reasoning;
            this.safetyIdentifier = spec.safetyIdentifier;
            this.promptCacheKey = spec.promptCacheKey;
            this.conversationId = spec.conversationId;
            this.concurrency = spec.concurrency;
            this.spend = spec.spend;
            this.truncation = spec.truncation;
            this.serviceTier = spec.serviceTier;
            this.topLogprobs = spec.topLogprobs;
        }

        /** @see ResponseSpec#model */
        public Builder model(String model) {
            this.model = model;
            return this;
        }

        /** @see ResponseSpec#input */
        public Builder input(List<Item> input) {
            this.input = input;
            return this;
        }

        /** @see ResponseSpec#instructions */
        public Builder instructions(@Nullable String instructions) {
            this.instructions = instructions;
            return this;
        }

        /** @see ResponseSpec#tools */
        public Builder tools(List<ToolSpec> tools) {
            this.tools = tools;
            return this;
        }

        /** @see ResponseSpec#toolChoice */
        public Builder toolChoice(ToolChoice toolChoice) {
            this.toolChoice = toolChoice;
            return this;
        }

        /** @see ResponseSpec#parallelToolCalls */
        public Builder parallelToolCalls(boolean parallelToolCalls) {
            this.parallelToolCalls = parallelToolCalls;
            return this;
        }

        /** @see ResponseSpec#background */
        public Builder background(boolean background) {
            this.background = background;
            return this;
        }

        /** @see ResponseSpec#store */
        public Builder store(boolean store) {
            this.store = store;
            return this;
        }

        /** @see ResponseSpec#previousResponseId */
        public Builder previousResponseId(@Nullable String previousResponseId) {
            this.previousResponseId = previousResponseId;
            return this;
        }

        /** @see ResponseSpec#metadata */
        public Builder metadata(Map<String, String> metadata) {
            this.metadata = metadata;
            return this;
        }

        /** @see ResponseSpec#maxOutputTokens */
        public Builder maxOutputTokens(@Nullable Integer maxOutputTokens) {
            this.maxOutputTokens = maxOutputTokens;
            return this;
        }

        /** @see ResponseSpec#maxToolCalls */
        public Builder maxToolCalls(@Nullable Integer maxToolCalls) {
            this.maxToolCalls = maxToolCalls;
            return this;
        }

        /** @see ResponseSpec#temperature */
        public Builder temperature(@Nullable Double temperature) {
            this.temperature = temperature;
            return this;
        }

        /** @see ResponseSpec#topP */
        public Builder topP(@Nullable Double topP) {
            this.topP = topP;
            return this;
        }

        /** @see ResponseSpec#text */
        public Builder text(@Nullable JsonNode text) {
            this.text = text;
            return this;
        }

        /** @see ResponseSpec#reasoning */
        public Builder reasoning(@Nullable JsonNode reasoning) {
            this.reasoning = reasoning;
            return this;
        }

        /** @see ResponseSpec#safetyIdentifier */
        public Builder safetyIdentifier(@Nullable String safetyIdentifier) {
            this.safetyIdentifier = safetyIdentifier;
            return this;
        }

        /** @see ResponseSpec#promptCacheKey */
        public Builder promptCacheKey(@Nullable String promptCacheKey) {
            this.promptCacheKey = promptCacheKey;
            return this;
        }

        /** @see ResponseSpec#conversationId */
        public Builder conversationId(@Nullable String conversationId) {
            this.conversationId = conversationId;
            return this;
        }

        /** @see ResponseSpec#spend */
        public Builder spend(@Nullable Spend spend) {
            this.spend = spend;
            return this;
        }

        /** @see ResponseSpec#concurrency */
        public Builder concurrency(@Nullable Concurrency concurrency) {
            this.concurrency = concurrency;
            return this;
        }

        /** @see ResponseSpec#truncation */
        public Builder truncation(@Nullable Truncation truncation) {
            this.truncation = truncation;
            return this;
        }

        /** @see ResponseSpec#serviceTier */
        public Builder serviceTier(@Nullable String serviceTier) {
            this.serviceTier = serviceTier;
            return this;
        }

        /** @see ResponseSpec#topLogprobs */
        public Builder topLogprobs(@Nullable Integer topLogprobs) {
            this.topLogprobs = topLogprobs;
            return this;
        }

        /** The spec. */
        public ResponseSpec build() {
            return new ResponseSpec(
                    model,
                    input,
                    instructions,
                    tools,
                    toolChoice,
                    parallelToolCalls,
                    background,
                    store,
                    previousResponseId,
                    metadata,
                    maxOutputTokens,
                    maxToolCalls,
                    temperature,
                    topP,
                    text,
                    reasoning,
                    safetyIdentifier,
                    promptCacheKey,
                    conversationId,
                    concurrency,
                    truncation,
                    serviceTier,
                    spend,
                    topLogprobs);
        }
    }
}
