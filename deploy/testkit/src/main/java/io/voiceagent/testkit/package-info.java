/**
 * What the tests of several services need to play the part of the others on a real broker. May import Awaitility, Kafka clients,
 * {@code io.voiceagent.messages} and {@code io.voiceagent.transport}; for tests only.
 */
@NullMarked
package io.voiceagent.testkit;

import org.jspecify.annotations.NullMarked;
