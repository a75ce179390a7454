/**
 * From a turn's steps and frames to its public events and its response object. A pure function of both logs, so that every reader, live,
 * late, or archiving, derives the same bytes.
 *
 * <p>May import the JDK, Jackson, JSpecify and {@code messages} only: no Kafka, no Spring, no clock.
 */
@NullMarked
package io.voiceagent.messages.fold;

import org.jspecify.annotations.NullMarked;
