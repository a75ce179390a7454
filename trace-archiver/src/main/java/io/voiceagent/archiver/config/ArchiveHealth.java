package io.voiceagent.archiver.config;

import io.voiceagent.archiver.ingest.ArchiveStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Down while a topic is not being archived; says for each what it does and how far behind it is. */
final class ArchiveHealth implements HealthIndicator {

    private final Archivers archivers;

    ArchiveHealth(Archivers archivers) {
        this.archivers = archivers;
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        for (ArchiveStatus status : archivers.statuses()) {
            Map<String, Object> details = new LinkedHashMap<>();
            details.put("state", status.state());
            details.put("lag_records", status.lagRecords());
            details.put("lag_seconds", status.lagSeconds());
            String problem = status.problem();
            if (problem != null) {
                details.put("problem", problem);
            }
            health.withDetail(status.subject(), details);
            switch (status.state()) {
                case STARTING -> {
                    if (problem != null) { // it has failed, and begins anew
                        health.down();
                    }
                }
                case RUNNING -> {}
                case WAITING_FOR_KAFKA, WAITING_FOR_POSTGRES, STOPPED -> health.down();
            }
        }
        return health.build();
    }
}
