/**
 * Named places in the services where a test may let a process die. Nothing in here harms anything: who does so is not part of the
 * product.
 *
 * <p>May import the JDK alone.
 */
@NullMarked
package io.voiceagent.transport.crash;

import org.jspecify.annotations.NullMarked;
