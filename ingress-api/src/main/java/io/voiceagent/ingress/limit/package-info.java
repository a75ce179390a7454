/**
 * How much each tenant may ask for: requests and tokens a minute, and turns that run at one time.
 *
 * <p>May import Bucket4j, Caffeine, Micrometer, Reactor, and the ports of {@code submit} and {@code follow}; neither WebFlux nor Kafka.
 */
@NullMarked
package io.voiceagent.ingress.limit;

import org.jspecify.annotations.NullMarked;
