/**
 * Runs the pipeline as separate processes on loopback, harms them, and keeps a ledger of what happened outside of them.
 *
 * <p>May import everything; nothing imports it.
 */
@NullMarked
package io.voiceagent.faults;

import org.jspecify.annotations.NullMarked;
