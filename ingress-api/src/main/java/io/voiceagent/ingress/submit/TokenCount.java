package io.voiceagent.ingress.submit;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ResponseSpec;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How many tokens a request is for the model: counted by JTokkit with the encoding of the model where it is one of OpenAI's, else with
 * {@code o200k_base}, which for other models is an estimate. Framing of messages, tools and images is estimated for all. Thread-safe.
 */
final class TokenCount {
    /** What a message costs beside its text. */
    private static final int MESSAGE = 4;
    /** What begins the answer. */
    private static final int ANSWER = 3;
    /** What a function costs beside its description. */
    private static final int FUNCTION = 8;

    private static final int SMALL_IMAGE = 85;
    private static final int IMAGE = 765;

    /** The tables take a while to read, and are only needed by those who count. */
    private static final EncodingRegistry ENCODINGS = Encodings.newLazyEncodingRegistry();

    private static final ReentrantLock LOADING = new ReentrantLock();

    private TokenCount() {}

    /** Tokens of items that come before the request. */
    static long of(String model, List<Item> before) {
        Encoding encoding = encoding(model);
        return before.stream().mapToLong(item -> of(encoding, item)).sum();
    }

    /** Tokens of the request itself. */
    static long of(ResponseSpec spec) {
        Encoding encoding = encoding(spec.model());
        long tokens = ANSWER;
        if (spec.instructions() != null) {
            tokens += MESSAGE + count(encoding, spec.instructions());
        }
        for (Item item : spec.input()) {
            tokens += of(encoding, item);
        }
        for (var tool : spec.tools()) {
            if (tool instanceof io.voiceagent.messages.ToolSpec.Function function) {
                tokens += FUNCTION
                        + count(encoding, function.name())
                        + count(encoding, function.description())
                        + count(encoding, text(function.parameters()));
            }
        }
        JsonNode format = spec.text() == null ? null : spec.text().get("format");
        return tokens + (format == null ? 0 : count(encoding, text(format.get("schema"))));
    }

    private static Encoding encoding(String model) {
        LOADING.lock();
        try {
            return ENCODINGS.getEncodingForModel(model).orElseGet(() -> ENCODINGS.getEncoding(EncodingType.O200K_BASE));
        } finally {
            LOADING.unlock();
        }
    }

    private static long of(Encoding encoding, Item item) {
        return switch (item) {
            case Item.Message message ->
                MESSAGE
                        + count(encoding, message.text())
                        + message.content().stream()
                                .mapToLong(TokenCount::ofImage)
                                .sum();
            case Item.Reasoning _ -> 0; // never sent to the model again
            case Item.ToolCall call -> MESSAGE + count(encoding, call.name()) + count(encoding, call.arguments());
            case Item.ToolResult result -> MESSAGE + count(encoding, result.output());
            // The call itself, and what it brings, are not known before it runs
            case Item.ApprovalAnswer answer ->
                MESSAGE + (answer.reason() == null ? 0 : count(encoding, answer.reason()));
        };
    }

    private static long ofImage(Item.Content part) {
        return part instanceof Item.Content.Image image ? image.detail().equals("low") ? SMALL_IMAGE : IMAGE : 0;
    }

    private static @Nullable String text(@Nullable JsonNode node) {
        return node == null ? null : node.toString();
    }

    private static long count(Encoding encoding, @Nullable String text) {
        return text == null ? 0 : encoding.countTokensOrdinary(text);
    }
}
