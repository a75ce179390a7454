package io.voiceagent.ingress.config;

import io.voiceagent.ingress.limit.LimitSettings;
import io.voiceagent.ingress.security.ResponseIds;
import io.voiceagent.ingress.security.SecuritySettings;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the ingress reads from its environment, beside what all services read.
 *
 * @param security who may call, and from where
 * @param limits how much a tenant may ask for
 * @param responseIds variable {@code RESPONSE_ID_KEYS}
 * @param defaultModel variable {@code LLM_MODEL}; null: each request must name its model
 * @param slowReaderPatience variable {@code SLOW_READER_SECONDS}, 1 to 600
 * @param slowReaderBytes variable {@code SLOW_READER_MEGABYTES}, 1 to 65,536
 * @param socketLifetime variable {@code WEBSOCKET_SECONDS}, 1 to 86,400
 * @param turnDeadline variable {@code TURN_DEADLINE_SECONDS}, 1 to 86,400
 * @param approvalLife variable {@code APPROVAL_SECONDS}, 1 to 604,800: how long a request for approval waits for its answer
 */
public record IngressSettings(
        SecuritySettings security,
        LimitSettings limits,
        ResponseIds responseIds,
        @Nullable String defaultModel,
        Duration slowReaderPatience,
        long slowReaderBytes,
        Duration socketLifetime,
        Duration turnDeadline,
        Duration approvalLife) {
    /** Reads the settings; throws {@link InvalidSettingException} naming the variable and the remedy. */
    public static IngressSettings from(Variables variables) {
        return new IngressSettings(
                SecuritySettings.from(variables),
                LimitSettings.from(variables),
                ResponseIds.parse(variables.find("RESPONSE_ID_KEYS")),
                variables.find("LLM_MODEL"),
                Duration.ofSeconds(variables.integer("SLOW_READER_SECONDS", 30, 1, 600)),
                (long) variables.integer("SLOW_READER_MEGABYTES", 64, 1, 65_536) << 20,
                Duration.ofSeconds(variables.integer("WEBSOCKET_SECONDS", 3_600, 1, 86_400)),
                Duration.ofSeconds(variables.integer("TURN_DEADLINE_SECONDS", 600, 1, 86_400)),
                Duration.ofSeconds(variables.integer("APPROVAL_SECONDS", 86_400, 1, 604_800)));
    }
}
