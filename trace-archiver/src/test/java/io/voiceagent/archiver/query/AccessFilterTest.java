package io.voiceagent.archiver.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.Sha256;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.publisher.Mono;

class AccessFilterTest {

    private static final String KEY = "a-key-of-some-length";
    private static final String HASH = HexFormat.of().formatHex(Sha256.of("another-key-of-length"));

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, localhost:8003,  200",
        "127.0.0.1, 127.0.0.1:8003,  200",
        "::1,       [::1]:8003,      200",
        "127.0.0.1, evil.example,    403", // a stranger's name that leads here
        "10.1.2.3,  localhost:8003,  403",
        "10.1.2.3,  10.1.2.4:8003,   403"
    })
    void withoutAKeyOnlyThisMachineMayLook(String peer, String host, int status) {
        MockServerHttpRequest.BaseBuilder<?> request = MockServerHttpRequest.get("/api/services")
                .header("Host", host)
                .remoteAddress(new InetSocketAddress(peer, 5));

        assertThat(status("", request)).isEqualTo(status);
    }

    @Test
    void whatAProxyHandsOnIsNotThisMachine() {
        MockServerHttpRequest.BaseBuilder<?> request = MockServerHttpRequest.get("/")
                .header("Host", "localhost")
                .header("X-Forwarded-For", "10.1.2.3")
                .remoteAddress(new InetSocketAddress("127.0.0.1", 5));

        assertThat(status("", request)).isEqualTo(403);
    }

    @ParameterizedTest
    @CsvSource({
        "Bearer a-key-of-some-length,   200",
        "bearer another-key-of-length,  200",
        "Bearer a-key-of-some-lengtH,   401",
        "Bearer,                        401",
        "Basic !!!,                     401",
        "Negotiate x,                   401",
        "'',                            401"
    })
    void aKeyOpensFromEverywhere(String header, int status) {
        MockServerHttpRequest.BaseBuilder<?> request = MockServerHttpRequest.get("/api/traces")
                .header("Host", "traces.example")
                .header("Authorization", header)
                .remoteAddress(new InetSocketAddress("10.1.2.3", 5));

        assertThat(status(KEY + ",sha256:" + HASH, request)).isEqualTo(status);
    }

    @Test
    void aKeyIsAlsoAPassword() {
        String basic = Base64.getEncoder().encodeToString(("grafana:" + KEY).getBytes(StandardCharsets.UTF_8));
        var request = MockServerHttpRequest.get("/").header("Authorization", "Basic " + basic);
        var bare = MockServerHttpRequest.get("/").remoteAddress(new InetSocketAddress("127.0.0.1", 5));

        assertThat(status(KEY, request)).isEqualTo(200);
        assertThat(status(KEY, bare)).isEqualTo(401); // with a key, this machine needs it too
    }

    @Test
    void probesAndScrapesNeedNone() {
        assertThat(status(KEY, MockServerHttpRequest.get("/actuator/health"))).isEqualTo(200);
        assertThat(status("", MockServerHttpRequest.get("/actuator/prometheus")))
                .isEqualTo(200);
        assertThat(status("", MockServerHttpRequest.get("/actuator"))).isEqualTo(403);
    }

    @Test
    void theBrowserIsToldToRunNothingOfOthers() {
        var exchange = exchange(KEY, MockServerHttpRequest.get("/"));

        assertThat(exchange.getResponse().getHeaders().getFirst("Content-Security-Policy"))
                .contains("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'")
                .doesNotContain("unsafe");
        assertThat(exchange.getResponse().getHeaders().getFirst("WWW-Authenticate"))
                .startsWith("Basic ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"short", "a-key-of-some-length,,", "sha256:abc", "a-key-of-some-length,with a blank in it"})
    void aKeyThatCantBeUsedIsNamedByItsNumberOnly(String value) {
        assertThatThrownBy(() -> QueryKeys.from(Variables.of(Map.of("QUERY_API_KEYS", value))))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("QUERY_API_KEYS")
                .hasMessageContaining("entry")
                .hasMessageNotContaining(value);
    }

    private static int status(String keys, MockServerHttpRequest.BaseBuilder<?> request) {
        var status = exchange(keys, request).getResponse().getStatusCode();
        return status == null ? 200 : status.value();
    }

    private static MockServerWebExchange exchange(String keys, MockServerHttpRequest.BaseBuilder<?> request) {
        MockServerWebExchange exchange = MockServerWebExchange.from(request);
        AtomicBoolean passed = new AtomicBoolean();
        new AccessFilter(QueryKeys.from(Variables.of(Map.of("QUERY_API_KEYS", keys))))
                .filter(exchange, _ -> Mono.fromRunnable(() -> passed.set(true)))
                .block();
        assertThat(passed.get()).isEqualTo(exchange.getResponse().getStatusCode() == null);
        return exchange;
    }
}
