package io.voiceagent.ingress.config;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.ingress.web.HealthComponent;
import io.voiceagent.ingress.webhook.WebhookOptions;
import io.voiceagent.ingress.webhook.Webhooks;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Variables;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Webhooks, when there is a file of endpoints; without it nothing of them runs, and no connection is made for them. */
@Configuration(proxyBeanMethods = false)
@Conditional(WebhookConfig.Configured.class)
class WebhookConfig {
    private static final int CONNECTIONS = 6;

    /** Not given out by its type: that is the archive's. */
    @Bean(defaultCandidate = false)
    HikariDataSource webhookPool(Variables variables) {
        return FollowConfig.pool(variables, "ingress-webhooks", CONNECTIONS);
    }

    @Bean
    Webhooks webhooks(
            Variables variables,
            IngressSettings settings,
            KafkaSettings kafka,
            @Qualifier("webhookPool") HikariDataSource pool,
            MeterRegistry registry) {
        return Webhooks.start(
                WebhookOptions.from(variables).orElseThrow(),
                kafka,
                pool,
                (id, tenant) -> settings.responseIds().verify(id, tenant).isPresent(),
                registry);
    }

    /** Not critical: turns are submitted and followed, and what there is to tell waits. */
    @Bean
    @Order(3)
    HealthComponent webhookHealth(Webhooks webhooks) {
        return new HealthComponent("webhooks", false, webhooks::up, webhooks::detail);
    }

    static final class Configured implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return WebhookOptions.wanted(Variables.of(context.getEnvironment()::getProperty));
        }
    }
}
