package io.voiceagent.agent;

import io.voiceagent.agent.config.WorkerConfiguration;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.LogFormat;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;

/**
 * The service that decides ({@code AGENT_ROLES=orchestrator}) and calls models ({@code AGENT_ROLES=llm}), by default both; its
 * configuration is {@code agent-worker.yml} and the environment. Nothing is scanned for: each role is imported by name.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(WorkerConfiguration.class)
public class AgentWorker {
    /** Starts the service; returns when its roles have begun. */
    public static ConfigurableApplicationContext start(String... args) {
        SpringApplication application = new SpringApplicationBuilder(AgentWorker.class)
                .web(WebApplicationType.REACTIVE)
                .properties("spring.config.name=agent-worker")
                .properties(LogFormat.from(Variables.ofEnvironment()).springProperties())
                .build();
        return application.run(args);
    }

    public static void main(String[] args) {
        start(args);
    }
}
