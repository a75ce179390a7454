/** The agent worker: orchestrator and model stage, which may run together or apart, see {@link io.voiceagent.agent.AgentWorker}. */
@NullMarked
package io.voiceagent.agent;

import org.jspecify.annotations.NullMarked;
