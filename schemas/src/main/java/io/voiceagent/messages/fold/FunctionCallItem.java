package io.voiceagent.messages.fold;

import tools.jackson.core.JsonGenerator;

/** The model asks the client to run a function. */
final class FunctionCallItem extends OutputItem {
    private final String callId;
    private final String name;
    private final StringBuilder arguments = new StringBuilder();

    FunctionCallItem(EventWriter events, String responseId, int index, String callId, String name) {
        super(events, responseId, "fc_", index);
        this.callId = callId;
        this.name = name;
    }

    void append(String delta) {
        arguments.append(delta);
        itemEvent("response.function_call_arguments.delta", out -> out.writeStringProperty("delta", delta));
    }

    @Override
    void end(String finalStatus) {
        itemEvent("response.function_call_arguments.done", out -> {
            out.writeStringProperty("name", name);
            out.writeStringProperty("arguments", arguments.toString());
        });
        super.end(finalStatus);
    }

    @Override
    void writeFields(JsonGenerator out) {
        out.writeStringProperty("type", "function_call");
        out.writeStringProperty("call_id", callId);
        out.writeStringProperty("name", name);
        out.writeStringProperty("arguments", arguments.toString());
    }
}
