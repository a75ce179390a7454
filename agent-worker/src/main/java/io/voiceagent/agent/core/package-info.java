/**
 * What the orchestrator decides, as pure functions: {@code decide(state, input, now, workers)} returns events and commands, and
 * folding the events gives the state. {@link io.voiceagent.agent.core.Census} and {@link io.voiceagent.agent.core.Watch} are plain
 * in-memory indexes that the caller feeds.
 *
 * <p>May import the JDK and {@code io.voiceagent.messages} only: no Kafka, no Spring, no clock, no random number, no logging.
 */
@NullMarked
package io.voiceagent.agent.core;

import org.jspecify.annotations.NullMarked;
