/**
 * The records of every topic, as immutable Java records and sealed interfaces, and the names (topics, headers, ids) that all services share.
 *
 * <p>May import the JDK, Jackson and JSpecify only: no Kafka, no Spring. A field is added, never removed and never changed in meaning;
 * the golden files under {@code src/test/resources/golden} hold that.
 */
@NullMarked
package io.voiceagent.messages;

import org.jspecify.annotations.NullMarked;
