package io.voiceagent.allinone;

import io.voiceagent.agent.AgentWorker;
import io.voiceagent.archiver.TraceArchiver;
import io.voiceagent.ingress.IngressApi;
import io.voiceagent.tool.ToolWorker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;

/** The services, each with what keeps it apart from the others while they share a class path. */
enum Service {
    TRACE_ARCHIVER("trace-archiver", 3, TraceArchiver::start),
    TOOL_WORKER("tool-worker", 2, ToolWorker::start),
    AGENT_WORKER("agent-worker", 1, AgentWorker::start),
    INGRESS_API("ingress-api", 0, IngressApi::start);

    private final String label;
    private final int portOffset;
    private final Start start;

    Service(String label, int portOffset, Start start) {
        this.label = label;
        this.portOffset = portOffset;
        this.start = start;
    }

    /** The service's name, which is also that of its configuration file. */
    String label() {
        return label;
    }

    /** How far the service's port lies above the API's, when it is free. */
    int portOffset() {
        return portOffset;
    }

    /** Starts the service with settings by the names of the environment variables it reads when it runs alone. */
    ConfigurableApplicationContext start(Map<String, String> settings, int port) {
        var arguments = new ArrayList<String>();
        settings.forEach((name, value) -> arguments.add("--" + name + "=" + value));
        arguments.addAll(List.of(
                "--PORT=" + port,
                "--spring.config.name=" + label,
                "--spring.lifecycle.timeout-per-shutdown-phase=2s",
                // Who ends first is decided here
                "--spring.main.register-shutdown-hook=false",
                // Meters belong to the service that makes them, not to a registry that four would write to
                "--management.metrics.use-global-registry=false",
                // The library is on everybody's class path
                "--springdoc.api-docs.enabled=" + (this == INGRESS_API),
                "--springdoc.swagger-ui.enabled=" + (this == INGRESS_API)));
        return start.with(arguments.toArray(String[]::new));
    }

    /** Whether the service says of itself that it can work. */
    boolean isReady(ConfigurableApplicationContext running) {
        HealthEndpoint health = running.getBean(HealthEndpoint.class);
        HealthDescriptor readiness = health.healthForPath("readiness");
        return health.health().getStatus().equals(Status.UP)
                && (readiness == null || readiness.getStatus().equals(Status.UP));
    }

    private interface Start {
        ConfigurableApplicationContext with(String... arguments);
    }
}
