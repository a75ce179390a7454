package io.voiceagent.simulator;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.Optional;
import java.util.function.BiFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code POST /search}: a bearer token is wanted, any will do; faults by markers in the query. */
final class SearchHandler implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

    private static final String BEARER = "Bearer ";

    private final SimulatorOptions options;
    private final Counters counters;

    SearchHandler(SimulatorOptions options, Counters counters) {
        this.options = options;
        this.counters = counters;
    }

    @Override
    public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
        String authorization = request.requestHeaders().get(HttpHeaderNames.AUTHORIZATION, "");
        if (!authorization.startsWith(BEARER)
                || authorization.substring(BEARER.length()).isBlank()) {
            return Http.json(response, 401, error("Unauthorized: missing or invalid API key."));
        }
        return Http.body(request)
                .flatMap(body -> answer(body, response))
                .timeout(Http.MAX_ANSWER)
                .onErrorResume(
                        InvalidRequest.class,
                        e -> Mono.from(Http.json(response, 400, error(String.valueOf(e.getMessage())))));
    }

    private Mono<Void> answer(JsonNode body, HttpServerResponse response) {
        String query = SearchScript.query(body);
        byte[] results = ChatWire.JSON.writeValueAsBytes(
                SearchScript.results(body, options.searchDelay().toMillis() / 1e3));
        Markers markers = Markers.of(query);
        boolean faulty = !markers.faults().isEmpty() || !markers.searchFaults().isEmpty();
        Optional<Fault> fault =
                faulty ? markers.searchFaultFor(counters.askedBefore("search " + query)) : Optional.empty();
        counters.search();
        fault.ifPresent(hit -> counters.fault(hit.kind()));
        Mono<Void> delay = Http.after(response, options.searchDelay());
        return fault.map(hit -> fail(hit, delay, results, response))
                .orElseGet(() -> delay.then(Mono.defer(() -> Mono.from(Http.json(response, 200, results)))));
    }

    private static Mono<Void> fail(Fault fault, Mono<Void> delay, byte[] results, HttpServerResponse response) {
        return switch (fault.kind()) {
            case RATE_LIMITED -> {
                response.header(HttpHeaderNames.RETRY_AFTER, "1");
                yield Mono.from(Http.json(response, 429, error("Simulated: too many requests.")));
            }
            case SERVER_ERROR -> Mono.from(Http.json(response, 500, error("Simulated: an error.")));
            case UNAVAILABLE -> Mono.from(Http.json(response, 503, error("Simulated: unavailable.")));
            case CUT -> delay.then(Mono.fromRunnable(() -> Http.cut(response)));
            case MALFORMED -> delay.then(Mono.defer(() -> Mono.from(Http.json(response, 200, new byte[] {'{', '"'}))));
            case BADTYPE ->
                delay.then(Mono.defer(() -> Mono.from(response.header(HttpHeaderNames.CONTENT_TYPE, "text/html")
                        .sendByteArray(Mono.just(results)))));
            case HANG, SILENT, STALL, ENDLESS -> Mono.never();
        };
    }

    private static byte[] error(String message) {
        var body = JsonNodeFactory.instance.objectNode();
        body.putObject("detail").put("error", message);
        return ChatWire.JSON.writeValueAsBytes(body);
    }
}
