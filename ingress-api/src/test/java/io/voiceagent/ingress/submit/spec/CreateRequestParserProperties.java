package io.voiceagent.ingress.submit.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.web.FakeCatalogue;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Whatever is sent: a request or a refusal, and what is taken can be written to the log and read back. */
class CreateRequestParserProperties {
    private static final CreateRequestParser PARSER =
            new CreateRequestParser(FakeCatalogue.of("calculator", "web_search"), "m");
    private static final List<String> NAMES = List.of(
            "model",
            "input",
            "instructions",
            "tools",
            "tool_choice",
            "stream",
            "background",
            "store",
            "metadata",
            "text",
            "reasoning",
            "include",
            "temperature",
            "max_output_tokens",
            "type",
            "role",
            "content",
            "format",
            "schema",
            "properties",
            "$ref",
            "pattern",
            "image_url",
            "detail",
            "truncation",
            "service_tier",
            "name",
            "call_id",
            "output",
            "arguments",
            "server_label",
            "allowed_tools",
            "id",
            "status",
            "summary");
    private static final List<String> VALUES = List.of(
            "message",
            "user",
            "assistant",
            "function",
            "web_search",
            "mcp",
            "builtin",
            "calculator",
            "function_call",
            "function_call_output",
            "reasoning",
            "mcp_call",
            "web_search_call",
            "input_text",
            "input_image",
            "data:image/png;base64,AAAA",
            "https://example.com/a.png",
            "json_schema",
            "json_object",
            "object",
            "(",
            "#",
            "output_text",
            "refusal",
            "completed",
            "auto",
            "required",
            "{}",
            "c1",
            "\ud83d\ude00");

    @Property(tries = 500)
    void anyBytesAreTakenOrRefused(@ForAll byte[] body) {
        takenOrRefused(body);
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void anyTreeIsTakenOrRefused(@ForAll("bodies") ObjectNode body) {
        takenOrRefused(Json.write(body));
    }

    /** What came through the parser survives the log: nothing in it is lost or changed by being written. */
    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void whatIsTakenSurvivesTheLog(@ForAll("plausible") ObjectNode body) {
        CreateRequest request;
        try {
            request = PARSER.parse(Json.write(body));
        } catch (Refusal refusal) {
            return;
        }
        var submit = new Request.Submit("resp_x", "00", "t", 1, 2, request.spec());
        assertThat(Json.read(Json.write(submit), Request.class)).isEqualTo(submit);
    }

    private static void takenOrRefused(byte[] body) {
        try {
            assertThat(PARSER.parse(body).spec().input()).isNotEmpty();
        } catch (Refusal refusal) {
            assertThat(refusal.code().status()).isEqualTo(400);
            assertThat(refusal.message()).isNotBlank();
        }
    }

    @Provide
    Arbitrary<ObjectNode> bodies() {
        return object(tree(4));
    }

    @Provide
    Arbitrary<ObjectNode> plausible() {
        Arbitrary<JsonNode> message = Arbitraries.of("user", "assistant", "system", "developer")
                .flatMap(role -> Arbitraries.strings()
                        .all()
                        .ofMaxLength(20)
                        .map(text -> Json.mapper()
                                .createObjectNode()
                                .put("role", role)
                                .put("content", text)));
        return object(tree(2))
                .flatMap(more -> message.list().ofMinSize(1).ofMaxSize(4).map(items -> {
                    ObjectNode body = more.deepCopy();
                    body.retain("metadata", "temperature", "instructions", "stream", "background");
                    body.putArray("input").addAll(items);
                    return body;
                }));
    }

    private static Arbitrary<JsonNode> tree(int depth) {
        Arbitrary<JsonNode> leaf = Arbitraries.oneOf(
                Arbitraries.of(VALUES)
                        .map(text -> Json.mapper().getNodeFactory().stringNode(text)),
                Arbitraries.doubles().map(n -> Json.mapper().getNodeFactory().numberNode(n)),
                Arbitraries.integers().map(n -> Json.mapper().getNodeFactory().numberNode(n)),
                Arbitraries.of(true, false)
                        .map(b -> Json.mapper().getNodeFactory().booleanNode(b)),
                Arbitraries.create(() -> Json.mapper().getNodeFactory().nullNode()));
        if (depth == 0) {
            return leaf;
        }
        Arbitrary<JsonNode> deeper = tree(depth - 1);
        return Arbitraries.oneOf(
                leaf,
                object(deeper).map(JsonNode.class::cast),
                deeper.list()
                        .ofMaxSize(4)
                        .map(items -> Json.mapper().createArrayNode().addAll(items)));
    }

    private static Arbitrary<ObjectNode> object(Arbitrary<JsonNode> values) {
        return Arbitraries.maps(Arbitraries.of(NAMES), values).ofMaxSize(6).map((Map<String, JsonNode> fields) -> {
            ObjectNode object = Json.mapper().createObjectNode();
            fields.forEach(object::set);
            return object;
        });
    }
}
