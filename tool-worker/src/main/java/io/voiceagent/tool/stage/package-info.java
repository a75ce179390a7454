/**
 * Runs tools as a stage: checks arguments, keeps the time, cuts answers, tells spans and meters. May import the stage
 * runtime, the JSON Schema validator, OpenTelemetry, Micrometer and {@code io.voiceagent.tool.core}; no tool.
 */
@NullMarked
package io.voiceagent.tool.stage;

import org.jspecify.annotations.NullMarked;
