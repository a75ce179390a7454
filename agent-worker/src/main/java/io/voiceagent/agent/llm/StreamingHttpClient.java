package io.voiceagent.agent.llm;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * langchain4j's HTTP client over {@code java.net.http}, HTTP/1.1, made for one use: a streamed answer that can be broken
 * off at any moment. Three things differ from langchain4j's own:
 *
 * <ul>
 *   <li>{@link #execute(HttpRequest, ServerSentEventParser, ServerSentEventListener)} runs on the calling thread (a
 *       virtual one) and returns when the stream has ended, so a call is one thread and needs no hand-over.
 *   <li>A {@link Stop} or a time-out closes the connection at once, before the headers as well as in mid-stream; the
 *       endpoint then stops generating. HTTP/1.1, because there a closed connection is all that it takes.
 *   <li>What is no event stream is an error, and so is all that follows the first error.
 * </ul>
 */
final class StreamingHttpClient implements HttpClient, AutoCloseable {
    private static final int MAX_ERROR_BODY = 64 * 1024;

    private final java.net.http.HttpClient client;
    private final long maxBodyBytes;

    /**
     * @param connectTimeout for the TCP and TLS handshakes
     * @param maxBodyBytes bound of one response
     */
    StreamingHttpClient(Duration connectTimeout, long maxBodyBytes) {
        this.client = java.net.http.HttpClient.newBuilder()
                .version(java.net.http.HttpClient.Version.HTTP_1_1)
                .connectTimeout(connectTimeout)
                .followRedirects(java.net.http.HttpClient.Redirect.NEVER) // a redirect must not carry the key away
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
        this.maxBodyBytes = maxBodyBytes;
    }

    /** A builder for langchain4j that always gives this client; the time-outs it sets are not ours. */
    HttpClientBuilder asBuilder() {
        return new FixedBuilder(this);
    }

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
        throw new UnsupportedOperationException("this client only streams");
    }

    @Override
    public void execute(HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
        Exchange exchange = Exchange.CURRENT.get();
        try {
            HttpResponse<InputStream> response = send(toJava(request), exchange);
            try (InputStream body = response.body();
                    Stop.Registration registration = exchange.stop().during(() -> closeQuietly(body))) {
                requireEventStream(response);
                listener.onOpen(SuccessfulHttpResponse.builder()
                        .statusCode(response.statusCode())
                        .headers(response.headers().map())
                        .build());
                parser.parse(body, new Guard(exchange, listener));
            }
            if (!exchange.isOver()) {
                listener.onClose();
            }
        } catch (IOException e) {
            listener.onError(new FailureException(Failures.ofIo(e), e));
        } catch (FailureException e) {
            listener.onError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            listener.onError(e);
        }
    }

    private static java.net.http.HttpRequest toJava(HttpRequest request) {
        java.net.http.HttpRequest.Builder builder = java.net.http.HttpRequest.newBuilder(URI.create(request.url()))
                .header("Accept", "text/event-stream")
                .method(request.method().name(), BodyPublishers.ofString(request.body()));
        request.headers().forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
        return builder.build();
    }

    /** Waits for the headers of the response, as long as the patience lasts and nobody orders to stop. */
    private HttpResponse<InputStream> send(java.net.http.HttpRequest request, Exchange exchange)
            throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<InputStream>> pending =
                client.sendAsync(request, info -> new BodyStream(exchange.patience(), maxBodyBytes));
        try (Stop.Registration registration = exchange.stop().during(() -> pending.cancel(true))) {
            return pending.get(exchange.patience().left(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            abandon(pending);
            throw new FailureException(exchange.patience().failure(), e);
        } catch (InterruptedException e) {
            abandon(pending);
            throw e;
        } catch (CancellationException e) {
            throw new IOException("stopped before the response began", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new FailureException(Failures.ofUnexpected(e.getCause() == null ? e : e.getCause()), e);
        }
    }

    /** Breaks the exchange off, also when its response has come in this very moment. */
    private static void abandon(CompletableFuture<HttpResponse<InputStream>> pending) {
        if (!pending.cancel(true)) {
            var unused = pending.thenAccept(response -> closeQuietly(response.body()));
        }
    }

    private static void requireEventStream(HttpResponse<InputStream> response) throws IOException {
        int status = response.statusCode();
        String type = response.headers().firstValue("Content-Type").orElse("");
        if (status == 200 && type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")) {
            return;
        }
        if (status == 200) {
            throw new FailureException(Failures.malformed("an answer that is no event stream"));
        }
        Duration retryAfter = Failures.retryAfter(
                header(response, "retry-after"),
                header(response, "retry-after-ms"),
                Clock.systemUTC().instant());
        String text = new String(response.body().readNBytes(MAX_ERROR_BODY), StandardCharsets.UTF_8);
        throw new FailureException(Failures.ofStatus(status, text, retryAfter));
    }

    private static @Nullable String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse(null);
    }

    private static void closeQuietly(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            throw new IllegalStateException("closing a body stream does no input or output", e);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    /** Lets events through until the try is over, and keeps the patience informed. */
    private static final class Guard implements ServerSentEventListener {
        private final Exchange exchange;
        private final ServerSentEventListener listener;

        Guard(Exchange exchange, ServerSentEventListener listener) {
            this.exchange = exchange;
            this.listener = listener;
        }

        @Override
        public void onEvent(ServerSentEvent event, ServerSentEventContext context) {
            if (!exchange.isOver()) {
                exchange.patience().event();
                if ("[DONE]".equals(event.data())) {
                    exchange.patience().ending();
                }
                exchange.chunk(event.data());
                listener.onEvent(event, context);
            }
            if (exchange.isOver()) {
                context.parsingHandle().cancel();
            }
        }

        @Override
        public void onError(Throwable error) {
            listener.onError(error);
        }
    }

    private record FixedBuilder(HttpClient client) implements HttpClientBuilder {
        @Override
        public @Nullable Duration connectTimeout() {
            return null;
        }

        @Override
        public HttpClientBuilder connectTimeout(Duration timeout) {
            return this;
        }

        @Override
        public @Nullable Duration readTimeout() {
            return null;
        }

        @Override
        public HttpClientBuilder readTimeout(Duration timeout) {
            return this;
        }

        @Override
        public HttpClient build() {
            return client;
        }
    }
}
