package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Item.Content;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The content of messages: a string, or parts. Text in parts becomes one text, unless there are images or refusals among them. Counts the
 * images of one request.
 *
 * <p>The URL of an image is checked for its form alone and never opened here: it is the model endpoint that fetches it, if it does, with
 * its own guards and from its own network.
 */
final class ContentParser {
    private static final Pattern DATA = Pattern.compile("data:image/(?:png|jpeg|webp|gif);base64,");
    private static final List<String> DETAILS = List.of("auto", "low", "high");

    private int images;

    /** @param content of the message of {@code speaker}, which may come to be empty */
    Item.Message message(Item.Role speaker, JsonNode content, String path) {
        if (content.isString()) {
            return new Item.Message(speaker, Fields.text(content, path, Limits.TEXT_CHARS));
        }
        List<Content> parts = parts(content, path, speaker);
        // What the model said in several parts was one text; what a client sends in several parts need not be
        String text = text(parts, speaker == Item.Role.ASSISTANT ? "" : "\n");
        boolean textAlone = parts.stream().allMatch(Content.Text.class::isInstance);
        return new Item.Message(speaker, text, textAlone ? null : parts);
    }

    /** Parts of which only text is taken, as one text. */
    static String text(JsonNode content, String path) {
        return text(new ContentParser().parts(content, path, null), "\n");
    }

    private static String text(List<Content> parts, String separator) {
        return parts.stream()
                .map(part -> switch (part) {
                    case Content.Text(String text) -> text;
                    case Content.Refusal(String refusal) -> refusal;
                    case Content.Image _ -> "";
                })
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(separator));
    }

    /** @param speaker null: a tool */
    private List<Content> parts(JsonNode content, String path, Item.@Nullable Role speaker) {
        if (!content.isArray()) {
            throw Fields.wrongType(path, "a string or an array", content);
        }
        List<JsonNode> entries = Fields.array(content, path, Limits.CONTENT_PARTS);
        List<Content> parts = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Content part = part(Fields.of(entries.get(i), "%s[%d]".formatted(path, i)), speaker);
            // Model endpoints refuse empty parts
            if (!(part instanceof Content.Text(String text)) || !text.isEmpty()) {
                parts.add(part);
            }
        }
        return parts;
    }

    private Content part(Fields part, Item.@Nullable Role speaker) {
        String type = part.requiredText("type", Limits.ID_CHARS);
        Content content = switch (type) {
            case "input_text" -> new Content.Text(text(part, "text"));
            case "output_text" -> {
                part.array("annotations", Limits.INPUT_ITEMS);
                part.array("logprobs", Limits.JSON_TOKENS);
                yield new Content.Text(text(part, "text"));
            }
            case "refusal" ->
                speaker == Item.Role.ASSISTANT
                        ? new Content.Refusal(text(part, "refusal"))
                        : new Content.Text(text(part, "refusal"));
            case "input_image" -> image(part, speaker);
            case "input_file", "input_audio" ->
                throw Fields.unsupportedValue(
                        part.path("type"), "Only text and images are taken: use 'input_text' or 'input_image'.");
            default ->
                throw new Refusal(
                        Code.INVALID_VALUE,
                        part.path("type"),
                        "'%s' must be one of 'input_text', 'input_image', 'output_text', 'refusal'."
                                .formatted(part.path("type")));
        };
        part.end();
        return content;
    }

    private static String text(Fields part, String name) {
        return Fields.text(part.requiredAny(name), part.path(name), Limits.TEXT_CHARS);
    }

    private Content image(Fields part, Item.@Nullable Role speaker) {
        if (speaker != Item.Role.USER) {
            throw Fields.unsupportedValue(
                    part.path("type"), "Images are taken in messages of role 'user' alone: send it in one.");
        }
        if (++images > Limits.IMAGES) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    part.path("type"),
                    "The input has more than %d images. Send fewer.".formatted(Limits.IMAGES));
        }
        part.unsupported("Send 'image_url': an https URL, or a data URL with the image itself.", "file_id");
        String url = part.requiredText("image_url", Limits.IMAGE_DATA_CHARS);
        requireImage(url, part.path("image_url"));
        String detail = part.oneOf("detail", DETAILS);
        return new Content.Image(url, detail == null ? "auto" : detail);
    }

    private static void requireImage(String url, String path) {
        if (url.startsWith("data:") ? !isImageData(url) : !isHttps(url)) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    path,
                    "'%s' must be an https URL of at most %d characters without user and password, or 'data:image/TYPE;base64,DATA' with TYPE png, jpeg, webp or gif."
                            .formatted(path, Limits.IMAGE_URL_CHARS));
        }
    }

    private static boolean isImageData(String url) {
        Matcher head = DATA.matcher(url);
        if (!head.lookingAt() || head.end() == url.length()) {
            return false;
        }
        try {
            return Base64.getDecoder().decode(url.substring(head.end())).length > 0;
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    private static boolean isHttps(String url) {
        try {
            URI uri = new URI(url);
            return url.length() <= Limits.IMAGE_URL_CHARS
                    && "https".equalsIgnoreCase(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null;
        } catch (URISyntaxException notAUrl) {
            return false;
        }
    }
}
