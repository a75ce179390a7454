/**
 * A command for people: lists, shows and writes again what readers put aside on the dead-letter topics.
 *
 * <p>May import Kafka clients, {@code io.voiceagent.messages} and {@code io.voiceagent.transport}; nothing of the pipeline uses it.
 */
@NullMarked
package io.voiceagent.transport.deadletters;

import org.jspecify.annotations.NullMarked;
