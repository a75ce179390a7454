/**
 * A load generator for the HTTP API and, in the same run, for the model behind it: what the API adds is the difference.
 *
 * <p>The load is open: streams begin at fixed times whether or not earlier ones have ended, and every latency counts
 * from the time a stream was due to begin, so a server that stalls cannot hide it (no coordinated omission). May import
 * the JDK, Jackson, Reactor Netty, HdrHistogram and picocli; no other module of this project.
 */
@NullMarked
package io.voiceagent.bench;

import org.jspecify.annotations.NullMarked;
