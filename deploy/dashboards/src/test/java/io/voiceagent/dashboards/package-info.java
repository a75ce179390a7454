/**
 * Runs what is under {@code grafana/} against the servers that it is for. May import the whole system by its all-in-one, and drives it over
 * HTTP alone.
 */
@NullMarked
package io.voiceagent.dashboards;

import org.jspecify.annotations.NullMarked;
