package io.voiceagent.simulator;

/** Token counts as a request is billed by; prompt tokens are an estimate of four characters each. */
record Usage(int promptTokens, int completionTokens, int reasoningTokens) {

    int totalTokens() {
        return promptTokens + completionTokens;
    }
}
