/**
 * The model stage: takes a {@link io.voiceagent.messages.Call.Model}, streams an answer from any endpoint that speaks the
 * OpenAI chat-completions protocol, and gives it on as frames and one result.
 *
 * <p>May import langchain4j, {@code java.net.http}, resilience4j, OpenTelemetry, Micrometer, the messages and the
 * transport; nothing of the orchestrator.
 */
@NullMarked
package io.voiceagent.agent.llm;

import org.jspecify.annotations.NullMarked;
