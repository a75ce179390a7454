/**
 * Looks at what the service needs, again and again, so that nobody has to wait for the answer.
 *
 * <p>May import the JDK and SLF4J only.
 */
@NullMarked
package io.voiceagent.ingress.probe;

import org.jspecify.annotations.NullMarked;
