package io.voiceagent.agent.llm;

import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatResponseMetadata;
import dev.langchain4j.model.output.FinishReason;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.Json;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a stream ended, by its {@code finish_reason}. langchain4j completes a stream that was cut as if it were whole, and
 * gives no reason both for that and for a reason that it does not know; the raw events tell the two apart.
 */
sealed interface Ending {
    /** No reason came: the stream was cut. */
    record None() implements Ending {}

    /** A reason of the protocol. */
    record Known(FinishReason reason) implements Ending {}

    /** A reason of the endpoint's own, as it named it. */
    record Other(String reason) implements Ending {}

    /** Why the model ended. Some endpoints say {@code stop} after tool calls: what the model did counts. */
    default Finish finish(boolean hasCalls) {
        if (this instanceof Known(FinishReason reason)) {
            if (reason == FinishReason.LENGTH) {
                return Finish.LENGTH;
            }
            if (reason == FinishReason.CONTENT_FILTER) {
                return Finish.CONTENT_FILTER;
            }
        }
        return hasCalls ? Finish.TOOL_CALLS : Finish.STOP;
    }

    static Ending of(ChatResponse response) {
        FinishReason known = response.metadata().finishReason();
        if (known != null) {
            return new Known(known);
        }
        List<ServerSentEvent> events = response.metadata() instanceof OpenAiChatResponseMetadata metadata
                ? metadata.rawServerSentEvents()
                : null;
        return rawReason(events).<Ending>map(Other::new).orElseGet(None::new);
    }

    private static Optional<String> rawReason(@Nullable List<ServerSentEvent> events) {
        if (events == null) {
            return Optional.empty();
        }
        return events.reversed().stream()
                .map(ServerSentEvent::data)
                .filter(data -> data.contains("finish_reason"))
                .map(data -> Json.tree(data).path("choices").path(0).path("finish_reason"))
                .filter(reason -> reason.isString())
                .map(reason -> reason.asString())
                .findFirst();
    }
}
