package io.voiceagent.tool;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.LogFormat;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The service that runs tools; its configuration is {@code tool-worker.yml} and the environment. */
@SpringBootApplication(scanBasePackages = "io.voiceagent.tool.config")
public class ToolWorker {
    /**
     * Starts the service; returns when its stage runs, though that may not be announced yet.
     *
     * @param args as on the command line: {@code --NAME=value} sets a variable; {@code --spring.main.sources=CLASS} names
     *     a configuration class whose {@link io.voiceagent.tool.core.Tool} beans are offered, too
     */
    public static ConfigurableApplicationContext start(String... args) {
        return new SpringApplicationBuilder(ToolWorker.class)
                .web(WebApplicationType.REACTIVE)
                .properties("spring.config.name=tool-worker")
                .properties(LogFormat.from(Variables.ofEnvironment()).springProperties())
                .run(args);
    }

    public static void main(String[] args) {
        try {
            start(args);
        } catch (InvalidSettingException e) {
            // Of what has to be known before there is a log; anything later is logged by then
            System.err.println("Can't start: " + e.getMessage());
            System.exit(1);
        }
    }
}
