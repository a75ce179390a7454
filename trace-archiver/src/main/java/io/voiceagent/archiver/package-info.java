/**
 * Writes spans, metrics and finished responses from Kafka to Postgres.
 */
@NullMarked
package io.voiceagent.archiver;

import org.jspecify.annotations.NullMarked;
