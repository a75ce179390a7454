/**
 * Tells tenants' servers that a turn has ended: signed requests (Standard Webhooks), from a durable outbox in Postgres that is filled from the
 * committed steps.
 *
 * <p>May import Kafka clients, JDBC, Reactor Netty, the messages and the transport; never the web. Signature, endpoints, the guard of addresses
 * and the policy of retries are pure.
 */
@NullMarked
package io.voiceagent.ingress.webhook;

import org.jspecify.annotations.NullMarked;
