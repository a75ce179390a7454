package io.voiceagent.faults;

import java.net.URI;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Adds the {@link EffectTool}s and {@link OddTool}s to a tool worker; {@code EFFECT_URL} says where effects go. */
@Configuration(proxyBeanMethods = false)
class EffectTools {
    @Bean
    EffectTool once() {
        return new EffectTool(EffectTool.ONCE, false, URI.create(System.getenv("EFFECT_URL")));
    }

    @Bean
    OddTool late() {
        return OddTool.late(URI.create(System.getenv("EFFECT_URL") + EffectServer.LATE));
    }

    @Bean
    OddTool huge() {
        return OddTool.huge();
    }

    @Bean
    OddTool broken() {
        return OddTool.broken();
    }

    @Bean
    EffectTool repeatable() {
        return new EffectTool(
                EffectTool.REPEATABLE, true, URI.create(System.getenv("EFFECT_URL") + EffectServer.REPEATABLE));
    }
}
