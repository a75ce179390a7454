/**
 * From the bytes of a request body to a {@link io.voiceagent.messages.ResponseSpec}, or to a refusal that names the field. Pure: no clock, no
 * I/O; what hosted tools there are is asked of the catalogue it is given.
 *
 * <p>Nothing is ignored in silence. A JSON {@code null} counts as an absent field, as it does for the clients of this dialect.
 *
 * <p>May import the JDK, Jackson, {@code messages}, {@code format}, {@code refusal} and the tool catalogue.
 */
@NullMarked
package io.voiceagent.ingress.submit.spec;

import org.jspecify.annotations.NullMarked;
