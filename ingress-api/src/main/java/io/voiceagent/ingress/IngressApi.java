package io.voiceagent.ingress;

import io.voiceagent.ingress.config.Tls;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.LogFormat;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The service that speaks HTTP; its configuration is {@code ingress-api.yml} and the environment. */
@SpringBootApplication(scanBasePackages = "io.voiceagent.ingress.config")
public class IngressApi {
    /** Starts the service; returns when it answers. */
    public static ConfigurableApplicationContext start(String... args) {
        SpringApplication application = new SpringApplicationBuilder(IngressApi.class)
                .web(WebApplicationType.REACTIVE)
                .properties("spring.config.name=ingress-api")
                .initializers(new Tls())
                .properties(LogFormat.from(Variables.ofEnvironment()).springProperties())
                .build();
        return application.run(args);
    }

    public static void main(String[] args) {
        start(args);
    }
}
