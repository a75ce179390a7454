/**
 * Follows responses: tails the steps and frames of all turns, folds those that somebody asks for, and finds older ones in the log and in
 * the archive. The web layer sees the interfaces of this package only.
 *
 * <p>May import Kafka clients, JDBC, Caffeine, Reactor, {@code messages} and {@code transport}; not the web layer.
 */
@NullMarked
package io.voiceagent.ingress.follow;

import org.jspecify.annotations.NullMarked;
