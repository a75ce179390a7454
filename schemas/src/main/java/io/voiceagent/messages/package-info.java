/**
 * The records of every topic, and how they fold into a response.
 *
 * <p>May import the JDK and Jackson.
 */
@NullMarked
package io.voiceagent.messages;

import org.jspecify.annotations.NullMarked;
