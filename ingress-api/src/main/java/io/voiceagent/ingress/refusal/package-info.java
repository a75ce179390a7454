/**
 * How the API says no: the codes and the one exception that carries a refusal to the place where it becomes a response.
 *
 * <p>May import the JDK and JSpecify only.
 */
@NullMarked
package io.voiceagent.ingress.refusal;

import org.jspecify.annotations.NullMarked;
