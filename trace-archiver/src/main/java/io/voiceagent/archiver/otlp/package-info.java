/**
 * What spans and metrics have in common in OTLP: attributes, resources, times, ids. Pure functions from protobuf to text.
 *
 * <p>May import the OTLP protobuf classes and Jackson's streaming writer only.
 */
@NullMarked
package io.voiceagent.archiver.otlp;

import org.jspecify.annotations.NullMarked;
