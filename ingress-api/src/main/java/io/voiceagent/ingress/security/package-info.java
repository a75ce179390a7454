/**
 * Who asks and what for: API keys with their scopes, other origins, and the ids that prove where they were issued. Keys are held as hashes and never logged.
 *
 * <p>May import WebFlux, Spring Security, {@code messages}, {@code refusal} and the settings of {@code transport}; no Kafka types.
 */
@NullMarked
package io.voiceagent.ingress.security;

import org.jspecify.annotations.NullMarked;
