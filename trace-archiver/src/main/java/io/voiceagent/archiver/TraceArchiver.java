package io.voiceagent.archiver;

import io.voiceagent.archiver.config.BackupCommands;
import io.voiceagent.archiver.config.StartFailures;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.LogFormat;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The service that writes spans, metrics and finished responses to Postgres. */
@SpringBootApplication
public class TraceArchiver {

    private static final Logger log = LoggerFactory.getLogger(TraceArchiver.class);

    /**
     * Runs until it is told to end; a start that fails ends with one line that names the setting and the remedy. When the
     * first argument is no setting, it is one of {@link BackupCommands}.
     */
    public static void main(String[] args) {
        if (args.length > 0 && !args[0].contains("=")) {
            PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
            PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
            System.exit(BackupCommands.run(Variables.ofEnvironment(), out, err, args));
        }
        try {
            start(args);
        } catch (RuntimeException e) {
            log.error("The trace archiver can't start: {}", StartFailures.lastLine(e));
            System.exit(1);
        }
    }

    /**
     * Starts the service and returns when it archives. Closing the context ends it.
     *
     * @param args as on the command line: {@code --NAME=value} sets a variable
     */
    public static ConfigurableApplicationContext start(String... args) {
        SpringApplication application = new SpringApplication(TraceArchiver.class);
        Map<String, Object> defaults =
                new HashMap<>(LogFormat.from(Variables.ofEnvironment()).springProperties());
        defaults.put("spring.config.name", "trace-archiver");
        application.setDefaultProperties(defaults);
        return application.run(args);
    }
}
