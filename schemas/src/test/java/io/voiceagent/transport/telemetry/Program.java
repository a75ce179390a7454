package io.voiceagent.transport.telemetry;

import io.voiceagent.transport.Variables;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;

/** A Spring Boot program that logs as the services do. */
final class Program {
    private Program() {}

    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(Program.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setBannerMode(Banner.Mode.OFF);
        Map<String, Object> properties =
                LogFormat.from(Variables.ofEnvironment()).springProperties();
        application.setDefaultProperties(properties);
        try (var context = application.run()) {
            Logger log = LoggerFactory.getLogger("program");
            log.info("outside");
            try (LogScope ids =
                    LogScope.of(TraceHeaders.parent("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true))) {
                log.info("inside");
            }
        }
    }
}
