/**
 * Real servers in this JVM or beside it: a Kafka broker and a Postgres, for the all-in-one and for tests.
 *
 * <p>May import Kafka's server and the embedded Postgres; no other module of this project.
 */
@NullMarked
package io.voiceagent.embedded;

import org.jspecify.annotations.NullMarked;
