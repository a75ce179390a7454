package io.voiceagent.ingress.config;

import io.github.bucket4j.TimeMeter;
import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.ingress.limit.QuotasFile;
import io.voiceagent.ingress.limit.TenantLimits;
import io.voiceagent.ingress.security.ApiSecurity;
import io.voiceagent.ingress.security.KeyFile;
import io.voiceagent.ingress.security.SecuritySettings;
import io.voiceagent.ingress.web.LimitFilter;
import io.voiceagent.transport.WatchedFile;
import java.time.Duration;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.firewall.ServerExchangeRejectedHandler;
import org.springframework.security.web.server.firewall.ServerWebExchangeFirewall;
import reactor.core.publisher.Mono;

/** Who may call, and how much: inside of the filter that answers failures, before the routes. */
@Configuration(proxyBeanMethods = false)
@EnableWebFluxSecurity
class SecurityConfig {
    /** How long after its deadline the end of a turn may be seen. */
    private static final Duration TURN_GRACE = Duration.ofMinutes(1);

    @Bean
    KeyFile apiKeys(IngressSettings settings) {
        SecuritySettings security = settings.security();
        return KeyFile.open(security.apiKeys(), security.apiKeysFile(), WatchedFile.INTERVAL);
    }

    @Bean
    SecurityWebFilterChain apiSecurity(ServerHttpSecurity http, KeyFile apiKeys, IngressSettings settings) {
        return ApiSecurity.chain(http, apiKeys, settings.security().corsOrigins());
    }

    @Bean
    ServerWebExchangeFirewall requestFirewall() {
        return ApiSecurity.firewall();
    }

    /** Answered where all failures are. */
    @Bean
    ServerExchangeRejectedHandler rejectedExchanges() {
        return (exchange, refused) -> Mono.error(refused);
    }

    @Bean
    QuotasFile quotas(IngressSettings settings) {
        return QuotasFile.open(settings.limits(), WatchedFile.INTERVAL);
    }

    @Bean
    TenantLimits tenantLimits(IngressSettings settings, QuotasFile quotas, MeterRegistry registry) {
        return new TenantLimits(
                settings.limits(),
                quotas,
                settings.turnDeadline().plus(TURN_GRACE),
                InstantSource.system(),
                TimeMeter.SYSTEM_NANOTIME,
                registry);
    }

    @Bean
    LimitFilter limitFilter(TenantLimits limits) {
        return new LimitFilter(limits);
    }
}
