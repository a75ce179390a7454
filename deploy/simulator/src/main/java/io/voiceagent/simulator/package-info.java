/**
 * A stand-in for the two outside services of a turn, on loopback: an OpenAI-compatible chat-completions server and a
 * Tavily-compatible search. It speaks their real wire formats, keeps a chosen pace, misbehaves on request, and says in
 * every answer that no model ran.
 *
 * <p>What it does is decided by pure functions of the request ({@code Script}, {@code SearchScript}); the HTTP edge
 * ({@code ChatHandler}, {@code SearchHandler}) only plays the plan. The package may import the JDK, Jackson and Reactor
 * Netty, and no other module of this project, so that it can stand in for a model anywhere.
 */
@NullMarked
package io.voiceagent.simulator;

import org.jspecify.annotations.NullMarked;
