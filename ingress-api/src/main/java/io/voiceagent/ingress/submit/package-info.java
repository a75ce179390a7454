/**
 * Accepts turns: chooses the conversation, issues the id, checks the parent, and writes the request to the log.
 *
 * <p>The only part of the ingress that writes to Kafka. May import Kafka clients, {@code messages}, {@code transport}, {@code security},
 * {@code refusal}, the interfaces of {@code follow}, Reactor; not the web layer.
 */
@NullMarked
package io.voiceagent.ingress.submit;

import org.jspecify.annotations.NullMarked;
