/**
 * How messages travel: the Kafka connection and its settings, topics and their creation, serdes, producers and
 * consumers with the settings that were measured for this pipeline.
 *
 * <p>May import Kafka clients, Micrometer, OpenTelemetry and {@code io.voiceagent.messages}; never Spring or a service.
 */
@NullMarked
package io.voiceagent.transport;

import org.jspecify.annotations.NullMarked;
