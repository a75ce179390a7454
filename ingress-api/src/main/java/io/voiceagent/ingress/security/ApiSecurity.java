package io.voiceagent.ingress.security;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.security.authentication.ReactiveAuthenticationManager;
import org.springframework.security.config.web.server.SecurityWebFiltersOrder;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity.AuthorizeExchangeSpec;
import org.springframework.security.config.web.server.ServerHttpSecurity.HeaderSpec;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.authentication.AuthenticationWebFilter;
import org.springframework.security.web.server.context.NoOpServerSecurityContextRepository;
import org.springframework.security.web.server.firewall.ServerWebExchangeFirewall;
import org.springframework.security.web.server.firewall.StrictServerWebExchangeFirewall;
import org.springframework.security.web.server.header.ReferrerPolicyServerHttpHeadersWriter.ReferrerPolicy;
import org.springframework.security.web.server.header.XFrameOptionsServerHttpHeadersWriter.Mode;
import org.springframework.security.web.server.savedrequest.NoOpServerRequestCache;
import org.springframework.security.web.server.util.matcher.NegatedServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatchers;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.cors.reactive.DefaultCorsProcessor;
import org.springframework.web.cors.reactive.UrlBasedCorsConfigurationSource;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/**
 * Lets a request pass with {@code Authorization: Bearer KEY} when the key's scopes allow what it asks for. Everything needs a key but what is
 * on a short list; the list is matched as routes are, so what it does not match can't be reached by another spelling of the path.
 *
 * <p>Every refusal is signalled as a {@link Refusal}, so that it is answered where all failures are. A key is looked at when a request begins:
 * a stream that is open goes on when its key is taken away.
 */
public final class ApiSecurity {
    /** Exchange attribute: the tenant whose key was sent. */
    public static final String TENANT = ApiSecurity.class.getName() + ".tenant";

    private static final String[] OPEN = {
        "/api/v1/health",
        "/docs",
        "/docs/**",
        "/webjars/swagger-ui/**",
        "/swagger-ui/**",
        "/actuator/health",
        "/actuator/health/**",
        "/actuator/prometheus"
    };
    /** A WebSocket by which turns are submitted. */
    private static final String SOCKET = "/api/v1/responses";

    private static final String SCHEME = "bearer ";
    private static final Duration PREFLIGHT_KEPT = Duration.ofMinutes(10);
    private static final Duration HTTPS_ONLY = Duration.ofDays(365);
    /** Of an answer that no page shows. */
    private static final String NOTHING = "default-src 'none'; frame-ancestors 'none'";
    /** Of the pages of the documentation, which bring their own scripts, and styles in their lines. */
    private static final String OWN_PAGES =
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

    private ApiSecurity() {}

    /** The filters of every request. */
    public static SecurityWebFilterChain chain(
            ServerHttpSecurity http, Supplier<ApiKeys> keys, List<String> corsOrigins) {
        return http.csrf(ServerHttpSecurity.CsrfSpec::disable)
                .httpBasic(ServerHttpSecurity.HttpBasicSpec::disable)
                .formLogin(ServerHttpSecurity.FormLoginSpec::disable)
                .logout(ServerHttpSecurity.LogoutSpec::disable)
                .anonymous(ServerHttpSecurity.AnonymousSpec::disable)
                .requestCache(cache -> cache.requestCache(NoOpServerRequestCache.getInstance()))
                .securityContextRepository(NoOpServerSecurityContextRepository.getInstance())
                .headers(ApiSecurity::headers)
                .cors(ServerHttpSecurity.CorsSpec::disable)
                .addFilterAt(cors(corsOrigins), SecurityWebFiltersOrder.CORS)
                .addFilterAt(authentication(keys), SecurityWebFiltersOrder.AUTHENTICATION)
                .exceptionHandling(failures -> failures.authenticationEntryPoint((exchange, e) -> Mono.error(keyless()))
                        .accessDeniedHandler((exchange, e) -> Mono.error(scopeless(exchange))))
                .authorizeExchange(ApiSecurity::authorize)
                .build();
    }

    private static void authorize(AuthorizeExchangeSpec requests) {
        requests.pathMatchers(OPEN)
                .permitAll()
                .pathMatchers(HttpMethod.GET, SOCKET)
                .hasAnyAuthority(authorities(Scope.SUBMIT))
                .pathMatchers(HttpMethod.GET)
                .hasAnyAuthority(authorities(Scope.READ))
                .pathMatchers(HttpMethod.HEAD)
                .hasAnyAuthority(authorities(Scope.READ))
                .anyExchange()
                .hasAnyAuthority(authorities(Scope.SUBMIT));
    }

    private static String[] authorities(Scope scope) {
        return new String[] {
            String.valueOf(scope.authority().getAuthority()),
            String.valueOf(Scope.ADMIN.authority().getAuthority())
        };
    }

    private static AuthenticationWebFilter authentication(Supplier<ApiKeys> keys) {
        // The key is known or not as soon as it is read: there is nothing left for a manager to look at
        ReactiveAuthenticationManager manager = Mono::just;
        AuthenticationWebFilter filter = new AuthenticationWebFilter(manager);
        filter.setRequiresAuthenticationMatcher(
                new NegatedServerWebExchangeMatcher(ServerWebExchangeMatchers.pathMatchers(OPEN)));
        filter.setServerAuthenticationConverter(exchange -> authenticate(exchange, keys.get()));
        filter.setSecurityContextRepository(NoOpServerSecurityContextRepository.getInstance());
        filter.setAuthenticationFailureHandler((exchange, e) -> Mono.error(e));
        return filter;
    }

    private static Mono<Authentication> authenticate(ServerWebExchange exchange, ApiKeys keys) {
        String key = bearer(exchange.getRequest().getHeaders());
        if (key == null) {
            return Mono.empty();
        }
        return keys.find(key)
                .<Mono<Authentication>>map(found -> {
                    exchange.getAttributes().put(TENANT, found.tenant());
                    return Mono.just(new ApiKeyAuthentication(found));
                })
                .orElseGet(() -> Mono.error(refusal("The API key is not known here. Check it for completeness.")));
    }

    private static @Nullable String bearer(HttpHeaders headers) {
        List<String> values = headers.get(HttpHeaders.AUTHORIZATION);
        // Two of them: who is asking would depend on who reads
        if (values == null || values.size() != 1) {
            return null;
        }
        String value = values.getFirst();
        return value.toLowerCase(Locale.ROOT).startsWith(SCHEME)
                ? value.substring(SCHEME.length()).trim()
                : null;
    }

    private static void headers(HeaderSpec headers) {
        headers.frameOptions(frames -> frames.mode(Mode.DENY))
                .referrerPolicy(referrer -> referrer.policy(ReferrerPolicy.NO_REFERRER))
                // Written for requests over TLS alone
                .hsts(hsts -> hsts.maxAge(HTTPS_ONLY).includeSubdomains(false))
                .writer(ApiSecurity::contentPolicy);
    }

    private static Mono<Void> contentPolicy(ServerWebExchange exchange) {
        String path = exchange.getRequest().getPath().pathWithinApplication().value();
        boolean page = path.startsWith("/docs") || path.startsWith("/webjars/") || path.startsWith("/swagger-ui");
        exchange.getResponse().getHeaders().set("Content-Security-Policy", page ? OWN_PAGES : NOTHING);
        return Mono.empty();
    }

    /** Before the key is asked for, which a browser's preflight request does not have. */
    private static WebFilter cors(List<String> origins) {
        if (origins.isEmpty()) {
            return (exchange, chain) -> chain.filter(exchange);
        }
        CorsConfiguration cors = new CorsConfiguration();
        cors.setAllowedOrigins(origins);
        cors.setAllowedMethods(List.of("GET", "POST", "DELETE"));
        cors.setAllowedHeaders(List.of("*"));
        cors.setExposedHeaders(List.of("*"));
        cors.setMaxAge(PREFLIGHT_KEPT);
        UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
        source.registerCorsConfiguration("/api/v1/**", cors);
        return new CorsWebFilter(source, new DefaultCorsProcessor() {
            @Override
            protected void rejectRequest(ServerHttpResponse response) {
                throw new Refusal(
                        Code.ORIGIN_NOT_ALLOWED,
                        "Origin",
                        "Pages of this origin may not use the API. The server's CORS_ORIGINS names those that may.");
            }
        });
    }

    /**
     * Refuses what no honest client sends: paths that are not normal, encoded twice or hold controls. Methods are left to the routes, which
     * say what a path takes; an encoded slash is part of names of models.
     */
    public static ServerWebExchangeFirewall firewall() {
        StrictServerWebExchangeFirewall firewall = new StrictServerWebExchangeFirewall();
        firewall.setUnsafeAllowAnyHttpMethod(true);
        firewall.setAllowUrlEncodedSlash(true);
        return firewall;
    }

    private static Refusal keyless() {
        return refusal("No API key was sent. Send the header 'Authorization: Bearer KEY'.");
    }

    private static Refusal refusal(String message) {
        return new Refusal(Code.INVALID_API_KEY, "Authorization", message);
    }

    private static Refusal scopeless(ServerWebExchange exchange) {
        HttpMethod method = exchange.getRequest().getMethod();
        boolean socket = exchange.getRequest().getPath().value().equals(SOCKET);
        boolean reads = method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
        Scope needed = reads && !socket ? Scope.READ : Scope.SUBMIT;
        return new Refusal(
                Code.INSUFFICIENT_SCOPE,
                "Authorization",
                "The API key has no scope '%s', which this request needs. Use another key.".formatted(needed.wire()));
    }
}
