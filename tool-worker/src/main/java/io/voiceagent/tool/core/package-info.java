/**
 * What a tool is, which tools there are, and what an answer may look like. Decisions only: may import the JDK, the messages
 * and Jackson's trees, which are part of them; never Kafka, Spring, a clock, random numbers or logging.
 */
@NullMarked
package io.voiceagent.tool.core;

import org.jspecify.annotations.NullMarked;
