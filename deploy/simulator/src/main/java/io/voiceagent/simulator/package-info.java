/**
 * An OpenAI-compatible model and a search service on loopback, scripted, with faults on request.
 *
 * <p>May import the JDK and Jackson; no other module of this project.
 */
@NullMarked
package io.voiceagent.simulator;

import org.jspecify.annotations.NullMarked;
