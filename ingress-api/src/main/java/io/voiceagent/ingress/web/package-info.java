/**
 * The HTTP face: routes, thin handlers, one place for errors, one for event streams, one for what is measured of a request.
 *
 * <p>May import WebFlux, OpenTelemetry and Micrometer, and the ports of this module; never Kafka types, never JDBC.
 */
@NullMarked
package io.voiceagent.ingress.web;

import org.jspecify.annotations.NullMarked;
