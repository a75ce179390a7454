package io.voiceagent.ingress.webhook;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Sha256;
import io.voiceagent.messages.StepEvent;
import java.util.HexFormat;
import tools.jackson.databind.node.ObjectNode;

/**
 * An event for one endpoint, before it is stored. Its ids follow from the response and the endpoint, so reading the same step again makes the
 * same delivery.
 *
 * @param id the header {@code webhook-id}
 * @param body the exact text that is signed and sent
 */
record Delivery(String id, Endpoint endpoint, String responseId, EventType type, String body) {
    private static final int ID_BYTES = 16;

    static Delivery of(StepEvent.Ended ended, Endpoint endpoint) {
        EventType type = EventType.of(ended.status());
        String event = "evt_" + ended.responseId().substring(ResponseId.PREFIX.length());
        ObjectNode body = Json.mapper()
                .createObjectNode()
                .put("id", event)
                .put("object", "event")
                .put("type", type.wire())
                .put("created_at", ended.at() / 1_000);
        body.putObject("data").put("id", ended.responseId());
        String id = "wh_" + HexFormat.of().formatHex(Sha256.of(endpoint.id() + event), 0, ID_BYTES);
        return new Delivery(id, endpoint, ended.responseId(), type, Json.text(body));
    }
}
