package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.spec.CreateRequestParser;
import io.voiceagent.messages.Json;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The document at {@code /docs/openapi.json}, against what the server does. */
class ApiDocumentTest extends WebTest {
    private static final JsonNode DOCUMENT = Json.tree(harness.anonymous()
            .get()
            .uri("/docs/openapi.json")
            .exchange()
            .expectStatus()
            .isOk()
            .expectBody(String.class)
            .returnResult()
            .getResponseBody());

    @Test
    void itHasEveryRouteAndNoOther() {
        Set<String> documented = new TreeSet<>();
        DOCUMENT.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .propertyNames()
                        .forEach(method -> documented.add(method.toUpperCase() + " " + path.getKey())));
        Set<String> unsupported = new HashSet<>();
        UnsupportedEndpoints.ALL.forEach(endpoint -> unsupported.add(endpoint.method() + " " + endpoint.path()));

        for (String each : documented) {
            String[] parts = each.split(" ");
            // An unknown id is told as such, where an unknown path is not
            int status = harness.client(WebHarness.ACME)
                    .method(HttpMethod.valueOf(parts[0]))
                    .uri(parts[1].replaceAll("\\{[^}]*}", "x"))
                    .exchange()
                    .expectBody(String.class)
                    .consumeWith(answer ->
                            assertThat(answer.getResponseBody()).doesNotContain("\"not_found\"", "method_not_allowed"))
                    .returnResult()
                    .getStatus()
                    .value();
            assertThat(status).isNotEqualTo(501);
        }
        assertThat(documented).doesNotContainAnyElementsOf(unsupported);
        assertThat(documented)
                .containsExactly(
                        "DELETE /api/v1/conversations/{id}",
                        "DELETE /api/v1/conversations/{id}/items/{item_id}",
                        "DELETE /api/v1/responses/{id}",
                        "GET /api/v1/conversations/{id}",
                        "GET /api/v1/conversations/{id}/events",
                        "GET /api/v1/conversations/{id}/items",
                        "GET /api/v1/conversations/{id}/items/{item_id}",
                        "GET /api/v1/health",
                        "GET /api/v1/models",
                        "GET /api/v1/models/{model}",
                        "GET /api/v1/responses",
                        "GET /api/v1/responses/{id}",
                        "GET /api/v1/responses/{id}/input_items",
                        "GET /api/v1/usage",
                        "GET /api/v1/webhook_deliveries",
                        "POST /api/v1/conversations",
                        "POST /api/v1/conversations/{id}",
                        "POST /api/v1/conversations/{id}/items",
                        "POST /api/v1/responses",
                        "POST /api/v1/responses/compact",
                        "POST /api/v1/responses/input_tokens",
                        "POST /api/v1/responses/{id}/cancel");
    }

    @Test
    void everyOperationHasACommandToPaste() {
        for (JsonNode path : DOCUMENT.get("paths")) {
            for (JsonNode operation : path) {
                String name = operation.get("operationId").stringValue();
                // curl has no WebSocket everywhere
                if (!name.equals("connectResponses")) {
                    assertThat(operation.path(ApiDocument.SAMPLES).size())
                            .as("%s of %s, which a test of deploy/clients runs", ApiDocument.SAMPLES, name)
                            .isPositive();
                }
                operation
                        .path(ApiDocument.SAMPLES)
                        .forEach(sample -> assertThat(
                                        operation.get("description").stringValue())
                                .contains(sample.get("source").stringValue()));
            }
        }
    }

    @Test
    void everyFieldInItIsTakenAsInItsExample() {
        CreateRequestParser parser = new CreateRequestParser(FakeCatalogue.of(), "m");
        JsonNode properties = DOCUMENT.at("/components/schemas/CreateResponse/properties");
        assertThat(properties.size()).isGreaterThan(20);
        for (var property : properties.properties()) {
            ObjectNode body = Json.mapper().createObjectNode().put("input", "hello");
            if (property.getKey().equals("stream_options")) {
                body.put("stream", true).putObject("stream_options");
            } else {
                if (property.getKey().equals("conversation_concurrency")) {
                    body.put("conversation", "conv_1");
                }
                body.set(
                        property.getKey(),
                        property.getValue().required("examples").get(0));
            }
            assertThat(parser.parse(body)).as(property.getKey()).isNotNull();
        }
    }

    @Test
    void everyFieldThatIsTakenIsInIt() {
        CreateRequestParser parser = new CreateRequestParser(FakeCatalogue.of(), "m");
        JsonNode properties = DOCUMENT.at("/components/schemas/CreateResponse/properties");
        for (String name : new String[] {
            "model",
            "input",
            "instructions",
            "tools",
            "tool_choice",
            "stream",
            "stream_options",
            "background",
            "store",
            "previous_response_id",
            "metadata",
            "max_output_tokens",
            "max_tool_calls",
            "text",
            "reasoning",
            "truncation",
            "parallel_tool_calls",
            "include",
            "temperature",
            "top_p",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "top_logprobs",
            "presence_penalty",
            "frequency_penalty",
            "conversation",
            "user",
            "seed",
            "n"
        }) {
            ObjectNode body = Json.mapper().createObjectNode().put("input", "hello");
            if (properties.has(name)) {
                continue;
            }
            body.put(name, "x");
            assertThatThrownBy(() -> parser.parse(body))
                    .isInstanceOfSatisfying(
                            Refusal.class,
                            refusal -> assertThat(refusal.code())
                                    .isIn(Code.UNKNOWN_PARAMETER, Code.UNSUPPORTED_PARAMETER));
        }
    }

    @Test
    void itsTextNamesEveryCodeAndEveryEndpointThatIsNotThere() {
        String text = DOCUMENT.at("/info/description").stringValue();
        for (Code code : Code.values()) {
            assertThat(text).contains("| `%s` | %d |".formatted(code.wire(), code.status()));
        }
        UnsupportedEndpoints.ALL.forEach(
                endpoint -> assertThat(text).contains("`%s %s`".formatted(endpoint.method(), endpoint.path())));
    }

    @Test
    void itsReferencesLeadSomewhere() {
        DOCUMENT.findValuesAsString("$ref")
                .forEach(reference -> assertThat(
                                DOCUMENT.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse());
        assertThat(DOCUMENT.findValuesAsString("$ref")).hasSizeGreaterThan(20);
    }
}
