package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import org.junit.jupiter.api.Test;

/** {@code item_reference} in the input of {@code POST /responses}. */
class ItemReferencesTest extends WebTest {
    private static final String BODY = """
            {"background":true,"input":[%s,{"type":"function_call_output","call_id":"c1","output":"42"}]}""";

    @Test
    void anItemOfAnEarlierResponseTakesThePlaceOfItsReference() {
        String reference = reference(ended());

        post("/responses", BODY.formatted(reference)).expectStatus().isEqualTo(202);

        Request.Submit submit = (Request.Submit) harness.log.requests().getLast();
        assertThat(submit.spec().input())
                .containsExactly(new Item.ToolCall("c1", "f", "{}"), new Item.ToolResult("c1", "42", false, "f"));
    }

    @Test
    void whatIsNotThereOrSomebodyElsesIsRefusedByItsPlace() {
        String itemId = ended();

        String another = itemId.substring(0, itemId.length() - 1) + "7";
        assertError(post("/responses", BODY.formatted(reference(another))), 400, "invalid_value", "input[0].id");
        assertError(post("/responses", BODY.formatted(reference("msg_1"))), 400, "invalid_value", "input[0].id");
        harness.client(WebHarness.GLOBEX)
                .post()
                .uri("/api/v1/responses")
                .header("Content-Type", "application/json")
                .bodyValue(BODY.formatted(reference(itemId)))
                .exchange()
                .expectStatus()
                .isEqualTo(400);
        assertThat(harness.log.requests()).hasSize(1);
    }

    @Test
    void aReferenceWithoutAnIdIsRefused() {
        assertError(
                post("/responses", "{\"input\":[{\"type\":\"item_reference\"}]}"),
                400,
                "unsupported_value",
                "input[0].type");
    }

    /** The id of the only item of a response that has ended. */
    private String ended() {
        FakeResponses.Followed response = submitted();
        String itemId = "fc_" + response.id().substring("resp_".length()) + "0000";
        response.end("completed", """
                [{"id":"%s","type":"function_call","call_id":"c1","name":"f","arguments":"{}","status":"completed"}]""".formatted(itemId));
        return itemId;
    }

    private static String reference(String id) {
        return "{\"type\":\"item_reference\",\"id\":\"%s\"}".formatted(id);
    }
}
