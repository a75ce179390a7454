/**
 * The tail rule of sampling: spans of traces that were not sampled wait here until it is known what became of the turn, and those of turns
 * that failed or were slow join the sampled ones. The decision is pure; Kafka is at the edge. May import OTLP's protobuf classes, Kafka
 * clients and Micrometer; never Spring.
 */
@NullMarked
package io.voiceagent.archiver.tail;

import org.jspecify.annotations.NullMarked;
