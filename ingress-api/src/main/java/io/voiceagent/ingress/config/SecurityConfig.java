package io.voiceagent.ingress.config;

import io.voiceagent.ingress.security.ApiSecurity;
import io.voiceagent.ingress.security.KeyFile;
import io.voiceagent.ingress.security.SecuritySettings;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.firewall.ServerExchangeRejectedHandler;
import org.springframework.security.web.server.firewall.ServerWebExchangeFirewall;
import reactor.core.publisher.Mono;

/** Who may call: inside of the filter that answers failures, before the routes. */
@Configuration(proxyBeanMethods = false)
@EnableWebFluxSecurity
class SecurityConfig {
    @Bean
    KeyFile apiKeys(IngressSettings settings) {
        SecuritySettings security = settings.security();
        return KeyFile.open(security.apiKeys(), security.apiKeysFile(), KeyFile.INTERVAL);
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
}
