package io.voiceagent.ingress.web;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.transport.telemetry.LogScope;
import io.voiceagent.transport.telemetry.Sampling;
import io.voiceagent.transport.telemetry.SpanAttributes;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/**
 * Around every request: its id, its span, its metrics, and the one place where its failure is answered. The span's name is method and route,
 * its attributes those of the HTTP conventions; the client's {@code traceparent} becomes its parent.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/http/http-spans/">Semantic conventions for HTTP spans</a>
 */
public final class RequestFilter implements WebFilter, Ordered {
    /** Header of the request's id, taken over from the client when it is usable. */
    static final String X_REQUEST_ID = "x-request-id";
    /** Header of the trace's id in the answer. */
    static final String X_TRACE_ID = "x-trace-id";

    /** Any method that HTTP's own registry does not have. */
    private static final String OTHER = "_OTHER";
    /** What a request counts as whose client went away before the answer. */
    private static final int CLIENT_CLOSED = 499;

    private static final Pattern USABLE_ID = Pattern.compile("[A-Za-z0-9_.:-]{1,128}");
    private static final Set<HttpMethod> METHODS = Set.of(HttpMethod.values());

    private final Tracer tracer;
    private final Sampling sampling;
    private final RequestMetrics metrics;
    private final ErrorWriter errors;

    /** @param sampling decides about traces that clients began */
    public RequestFilter(Tracer tracer, Sampling sampling, RequestMetrics metrics, ErrorWriter errors) {
        this.tracer = tracer;
        this.sampling = sampling;
        this.metrics = metrics;
        this.errors = errors;
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        return Mono.defer(() -> {
            long start = System.nanoTime();
            exchange.getAttributes().put(Exchanges.BEGAN, start);
            metrics.started();
            identify(exchange);
            Span span = startSpan(exchange);
            return chain.filter(exchange)
                    .onErrorResume(failure -> errors.handle(exchange, failure))
                    .doFinally(signal -> end(exchange, span, signal, Duration.ofNanos(System.nanoTime() - start)));
        });
    }

    private static void identify(ServerWebExchange exchange) {
        String asked = exchange.getRequest().getHeaders().getFirst(X_REQUEST_ID);
        String id = asked != null && USABLE_ID.matcher(asked).matches()
                ? asked
                : "req_" + UUID.randomUUID().toString().replace("-", "");
        exchange.getAttributes().put(Exchanges.REQUEST_ID, id);
        exchange.getResponse().getHeaders().set(X_REQUEST_ID, id);
    }

    private Span startSpan(ServerWebExchange exchange) {
        ServerHttpRequest request = exchange.getRequest();
        String path = request.getPath().value();
        if (!path.startsWith(Routes.BASE + "/") || path.equals(Routes.BASE + "/health")) {
            // Probes, scrapes and pages of the documentation would be most of the archive
            return Span.getInvalid();
        }
        Context parent = parent(request.getHeaders());
        SpanBuilder builder = tracer.spanBuilder(method(request))
                .setParent(parent)
                .setSpanKind(SpanKind.SERVER)
                .setAttribute("http.request.method", method(request))
                .setAttribute("url.path", path)
                .setAttribute("url.scheme", String.valueOf(request.getURI().getScheme()))
                .setAttribute("http.request.id", Exchanges.requestId(exchange.getAttributes()));
        String host = request.getURI().getHost();
        if (host != null) {
            builder.setAttribute("server.address", host);
        }
        int port = request.getURI().getPort();
        if (port > 0) {
            builder.setAttribute("server.port", (long) port);
        }
        if (method(request).equals(OTHER)) {
            builder.setAttribute(
                    "http.request.method_original", request.getMethod().name());
        }
        String agent = request.getHeaders().getFirst(HttpHeaders.USER_AGENT);
        if (agent != null) {
            builder.setAttribute("user_agent.original", agent);
        }
        Span span = builder.startSpan();
        exchange.getAttributes().put(Exchanges.TRACE, parent.with(span));
        SpanContext context = span.getSpanContext();
        HttpHeaders headers = exchange.getResponse().getHeaders();
        headers.set(X_TRACE_ID, context.getTraceId());
        headers.set(
                "traceparent",
                "00-%s-%s-%s"
                        .formatted(
                                context.getTraceId(),
                                context.getSpanId(),
                                context.getTraceFlags().asHex()));
        return span;
    }

    /** The client's span under its own ids, sampled or not as is decided here. */
    private Context parent(HttpHeaders headers) {
        Context sent = W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, HeaderGetter.INSTANCE);
        SpanContext client = Span.fromContext(sent).getSpanContext();
        if (!client.isValid()) {
            return Context.root();
        }
        TraceFlags flags = sampling.ofClient(client) ? TraceFlags.getSampled() : TraceFlags.getDefault();
        return Context.root()
                .with(Span.wrap(SpanContext.createFromRemoteParent(
                        client.getTraceId(), client.getSpanId(), flags, client.getTraceState())));
    }

    private void end(ServerWebExchange exchange, Span span, SignalType signal, Duration took) {
        String method = method(exchange.getRequest());
        String route = Exchanges.route(exchange.getAttributes());
        int status = status(exchange, signal);
        boolean stream = exchange.getAttributes().containsKey(Exchanges.STREAM);
        try (LogScope _ = LogScope.of(Context.root().with(span))) {
            metrics.ended(method, route, status, stream, took);
        }
        span.updateName((method.equals(OTHER) ? "HTTP" : method) + " " + route);
        span.setAttribute("http.route", route);
        span.setAttribute("http.response.status_code", status);
        if (exchange.getAttributes().get(Exchanges.REFUSED) instanceof Code code) {
            span.setAttribute(SpanAttributes.ERROR_TYPE, code.wire());
        } else if (status >= 500) {
            span.setAttribute(SpanAttributes.ERROR_TYPE, Integer.toString(status));
        }
        // A refusal of what the client did wrong is no failure of the server's, as the conventions have it
        if (status >= 500 || signal == SignalType.ON_ERROR) {
            span.setStatus(StatusCode.ERROR);
        }
        span.end();
    }

    private static int status(ServerWebExchange exchange, SignalType signal) {
        if (signal == SignalType.CANCEL) {
            return CLIENT_CLOSED;
        }
        HttpStatusCode status = exchange.getResponse().getStatusCode();
        return status == null ? 200 : status.value();
    }

    private static String method(ServerHttpRequest request) {
        return METHODS.contains(request.getMethod()) ? request.getMethod().name() : OTHER;
    }

    private enum HeaderGetter implements TextMapGetter<HttpHeaders> {
        INSTANCE;

        @Override
        public Iterable<String> keys(HttpHeaders headers) {
            return headers.headerNames();
        }

        @Override
        public @Nullable String get(@Nullable HttpHeaders headers, String key) {
            return headers == null ? null : headers.getFirst(key);
        }
    }
}
