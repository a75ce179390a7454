package io.voiceagent.agent.topology;

import io.voiceagent.agent.core.Limits;
import io.voiceagent.agent.core.Shares;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How the orchestrator runs.
 *
 * @param stateDir where its stores are; kept over a restart, it makes the restart quick and fences the process before at once
 * @param threads stream threads, 1 to 64; more than there are partitions idle
 * @param standbys copies of the stores at other orchestrators, 0 to 5
 * @param retention how long a turn that is over can be continued, counted from its submission
 * @param shares how slots are shared among tenants while calls wait for them
 * @param version of the code, for the announcements
 */
public record OrchestratorOptions(
        Path stateDir, int threads, int standbys, Duration retention, Limits limits, Shares shares, String version) {
    public OrchestratorOptions {
        if (threads < 1 || threads > 64) {
            throw new IllegalArgumentException("threads must be 1 to 64, not " + threads);
        }
        if (standbys < 0 || standbys > 5) {
            throw new IllegalArgumentException("standbys must be 0 to 5, not " + standbys);
        }
        if (retention.compareTo(Duration.ofMinutes(10)) < 0) {
            throw new IllegalArgumentException("retention must be 10 minutes or more, not " + retention);
        }
    }
}
