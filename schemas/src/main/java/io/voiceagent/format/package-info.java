/**
 * The format that a client may ask of a model's answer, read in one way by who accepts the request and by who checks the answer.
 *
 * <p>May import the JDK, Jackson, JSpecify and the JSON Schema validator only.
 */
@NullMarked
package io.voiceagent.format;

import org.jspecify.annotations.NullMarked;
