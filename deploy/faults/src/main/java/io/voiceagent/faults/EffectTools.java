package io.voiceagent.faults;

import java.net.URI;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Adds the {@link EffectTool} to a tool worker; {@code EFFECT_URL} says where effects go. */
@Configuration(proxyBeanMethods = false)
class EffectTools {
    @Bean
    EffectTool effectTool() {
        return new EffectTool(URI.create(System.getenv("EFFECT_URL")));
    }
}
