package io.voiceagent.ingress.webhook;

import io.netty.channel.ChannelOption;
import io.netty.handler.timeout.ReadTimeoutException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ByteBufMono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;

/**
 * Sends a request to where a tenant's URL leads. The name is looked up once, all of its addresses are judged, and the connection goes to the very
 * address that was judged, so a name can't lead elsewhere in between; TLS still checks the certificate against the name. Redirects are answers
 * like any other, and of an answer only its head is read.
 */
final class Receivers {
    private static final Duration LOOK_UP = Duration.ofSeconds(5);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int SECURE_PORT = 443;
    private static final int PLAIN_PORT = 80;

    /** How names become addresses. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    private final HttpClient client;
    private final Resolver resolver;
    private final boolean allowPrivate;
    private final Duration patience;
    private final UnaryOperator<HttpClient> tls;

    /** @param patience how long an answer may take once the request is sent, at most 30 s */
    Receivers(Resolver resolver, boolean allowPrivate, Duration patience) {
        this(resolver, allowPrivate, patience, HttpClient::secure);
    }

    /** @param tls makes a client that speaks TLS, and checks names as the platform does */
    Receivers(Resolver resolver, boolean allowPrivate, Duration patience, UnaryOperator<HttpClient> tls) {
        this.tls = tls;
        this.resolver = resolver;
        this.allowPrivate = allowPrivate;
        this.patience = patience;
        // A connection for each request: one that is kept would be bound to a look-up of long ago
        this.client = HttpClient.create(ConnectionProvider.newConnection())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT.toMillis())
                .responseTimeout(patience)
                .followRedirect(false)
                .noProxy()
                .disableRetry(true);
    }

    /** Sends the body and tells what became of it. Blocks, for some 20 s at most. */
    Attempt post(URI url, Map<String, String> headers, String body) {
        Attempt attempt = Mono.fromCallable(() -> resolver.resolve(host(url)))
                .subscribeOn(Schedulers.boundedElastic())
                .timeout(LOOK_UP)
                .flatMap(addresses -> send(url, Arrays.asList(addresses), headers, body))
                .onErrorResume(Exception.class, failure -> Mono.just(new Attempt.Unanswered(reason(failure))))
                .block();
        return attempt == null ? new Attempt.Unanswered("there was no answer") : attempt;
    }

    private Mono<Attempt> send(URI url, List<InetAddress> addresses, Map<String, String> headers, String body) {
        if (!allowPrivate && !addresses.stream().allMatch(AddressGuard::isPublic)) {
            return Mono.just(new Attempt.NotSent("the name leads to an address that is not public"));
        }
        boolean secure = "https".equals(url.getScheme());
        InetSocketAddress address = pinned(url, addresses.getFirst(), secure);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        HttpClient named = client.remoteAddress(() -> address).headers(all -> {
            headers.forEach(all::set);
            all.set("content-type", "application/json");
            all.set("content-length", bytes.length);
            all.set("user-agent", "voice-agent-webhooks");
        });
        return (secure ? tls.apply(named) : named)
                .post()
                .uri(target(url))
                .send(ByteBufMono.fromString(Mono.just(body)))
                .responseConnection((answer, connection) -> {
                    connection.dispose();
                    return Mono.<Attempt>just(
                            new Attempt.Answered(answer.status().code(), retryAfter(answer)));
                })
                .single()
                .timeout(CONNECT.plus(patience));
    }

    /** An address that has been looked up, and still has its name for the Host header and for TLS. */
    private static InetSocketAddress pinned(URI url, InetAddress address, boolean secure) {
        int port = url.getPort() > 0 ? url.getPort() : secure ? SECURE_PORT : PLAIN_PORT;
        try {
            return new InetSocketAddress(InetAddress.getByAddress(host(url), address.getAddress()), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has the length of one", e);
        }
    }

    private static String host(URI url) {
        String host = url.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static String target(URI url) {
        String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        return url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
    }

    private static @Nullable Duration retryAfter(HttpClientResponse answer) {
        String value = answer.responseHeaders().get("retry-after");
        return value != null && value.matches("\\d{1,9}") ? Duration.ofSeconds(Long.parseLong(value)) : null;
    }

    private static String reason(Throwable failure) {
        return switch (failure) {
            case UnknownHostException unknown -> "the name has no address";
            case ReadTimeoutException late -> "there was no answer in time";
            case TimeoutException late -> "there was no answer in time";
            case ConnectException refused -> "the connection was not taken";
            case SSLException tls -> "TLS failed";
            default -> failure.getCause() instanceof SSLException ? "TLS failed" : "the connection broke";
        };
    }
}
