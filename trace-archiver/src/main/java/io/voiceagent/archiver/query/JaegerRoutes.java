package io.voiceagent.archiver.query;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Jaeger's HTTP query API over the archive, for its clients, such as Grafana's Jaeger data source. Parameters that are not known are passed over,
 * as Jaeger does.
 */
public final class JaegerRoutes {

    /** Jaeger's own. */
    private static final Duration LOOKBACK = Duration.ofDays(2);

    private static final Duration NAMES_LOOKBACK = Duration.ofDays(7);
    private static final int LIMIT = 100;
    /** As much as Jaeger's page asks for. */
    private static final int MAX_LIMIT = 1_500;

    private static final int MAX_TRACE_IDS = 100;

    private final ReadDatabase archive;
    private final InstantSource clock;

    private JaegerRoutes(ReadDatabase archive, InstantSource clock) {
        this.archive = archive;
        this.clock = clock;
    }

    /** The routes. */
    public static RouterFunction<ServerResponse> of(ReadDatabase archive, InstantSource clock) {
        JaegerRoutes routes = new JaegerRoutes(archive, clock);
        return RouterFunctions.route()
                .GET("/api/services", QueryRoutes.guarded(routes::services))
                .GET("/api/services/{service}/operations", QueryRoutes.guarded(routes::operationNames))
                .GET("/api/operations", QueryRoutes.guarded(routes::operations))
                .GET("/api/traces", QueryRoutes.guarded(routes::traces))
                .GET("/api/traces/{id}", QueryRoutes.guarded(routes::trace))
                .onError(InvalidParameterException.class, (failure, request) -> error(HttpStatus.BAD_REQUEST, failure))
                .onError(
                        ArchiveUnavailableException.class,
                        (failure, request) -> error(HttpStatus.SERVICE_UNAVAILABLE, failure))
                .build();
    }

    private Mono<ServerResponse> services(ServerRequest request) {
        return archive.read(connection -> new TraceReader(connection).services(names()))
                .flatMap(services -> list(JaegerJson.texts(services)));
    }

    private Mono<ServerResponse> operationNames(ServerRequest request) {
        String service = Parameters.name("service", request.pathVariable("service"));
        return archive.read(connection -> new TraceReader(connection).operations(service, names()))
                .flatMap(operations -> list(JaegerJson.texts(
                        operations.stream().map(TraceReader.Operation::name).toList())));
    }

    private Mono<ServerResponse> operations(ServerRequest request) {
        Parameters parameters = new Parameters(request.queryParams());
        String service = parameters.required("service");
        String kind = parameters.text("spanKind");
        return archive.read(connection -> new TraceReader(connection).operations(service, names()))
                .flatMap(operations -> {
                    ArrayNode names = JsonMapper.shared().createArrayNode();
                    operations.stream()
                            .filter(operation ->
                                    kind == null || operation.kind().equals(kind))
                            .forEach(operation -> names.addObject()
                                    .put("name", operation.name())
                                    .put("spanKind", operation.kind()));
                    return list(names);
                });
    }

    private Mono<ServerResponse> traces(ServerRequest request) {
        Parameters parameters = new Parameters(request.queryParams());
        List<String> ids = request.queryParams().getOrDefault("traceID", List.of());
        return ids.isEmpty() ? search(parameters) : byId(ids);
    }

    private Mono<ServerResponse> search(Parameters parameters) {
        TraceSearch search = search(parameters, range(parameters));
        return archive.read(connection -> {
                    TraceReader reader = new TraceReader(connection);
                    return reader.traces(reader.search(search).traces());
                })
                .flatMap(traces -> list(JaegerJson.traces(traces), search.limit()));
    }

    private static TraceSearch search(Parameters parameters, TimeRange range) {
        Duration min = parameters.duration("minDuration");
        Duration max = parameters.duration("maxDuration");
        Parameters.ordered("minDuration", min, "maxDuration", max);
        Map<String, String> tags = parameters.tags("tag", "tags");
        return new TraceSearch(
                parameters.required("service"),
                parameters.text("operation"),
                null,
                min,
                max,
                tags,
                range,
                parameters.integer("limit", LIMIT, 1, MAX_LIMIT),
                null);
    }

    private TimeRange range(Parameters parameters) {
        String text = parameters.text("lookback");
        // Jaeger's own page and Grafana say "custom" beside a start
        Duration lookback = text == null || text.equals("custom") ? null : parameters.duration("lookback");
        return Parameters.range(
                parameters.micros("start"),
                parameters.micros("end"),
                lookback == null ? LOOKBACK : lookback,
                clock.instant());
    }

    private Mono<ServerResponse> byId(List<String> given) {
        if (given.size() > MAX_TRACE_IDS) {
            throw new InvalidParameterException(
                    "traceID", "is there too often", "Use %d at most".formatted(MAX_TRACE_IDS));
        }
        List<String> ids = given.stream().map(Parameters::traceId).distinct().toList();
        return archive.read(connection -> {
                    List<Trace> traces = new ArrayList<>();
                    for (String id : ids) {
                        Trace trace = new TraceReader(connection).trace(id, null);
                        if (trace != null) {
                            traces.add(trace);
                        }
                    }
                    return traces;
                })
                .flatMap(traces -> list(JaegerJson.traces(traces), ids.size()));
    }

    private Mono<ServerResponse> trace(ServerRequest request) {
        Parameters parameters = new Parameters(request.queryParams());
        String id = Parameters.traceId(request.pathVariable("id"));
        TimeRange near = near(parameters);
        return archive.read(connection -> {
                    Trace trace = new TraceReader(connection).trace(id, near);
                    return trace == null ? List.<Trace>of() : List.of(trace);
                })
                .flatMap(found -> found.isEmpty()
                        ? QueryRoutes.json(HttpStatus.NOT_FOUND, JaegerJson.error(404, "trace not found"))
                        : QueryRoutes.json(HttpStatus.OK, JaegerJson.envelope(JaegerJson.traces(found), 0, 0)));
    }

    /** Grafana tells when the trace was, where it is told to. */
    private @Nullable TimeRange near(Parameters parameters) {
        return parameters.micros("start") == null
                ? null
                : Parameters.range(parameters.micros("start"), parameters.micros("end"), LOOKBACK, clock.instant())
                        .plus(Duration.ofDays(1));
    }

    private TimeRange names() {
        return Parameters.range(null, null, NAMES_LOOKBACK, clock.instant());
    }

    private static Mono<ServerResponse> list(ArrayNode data) {
        return QueryRoutes.json(HttpStatus.OK, JaegerJson.envelope(data, data.size(), 0));
    }

    private static Mono<ServerResponse> list(ArrayNode data, int limit) {
        return QueryRoutes.json(HttpStatus.OK, JaegerJson.envelope(data, data.size(), limit));
    }

    private static Mono<ServerResponse> error(HttpStatus status, Throwable failure) {
        ObjectNode body = JaegerJson.error(status.value(), String.valueOf(failure.getMessage()));
        return QueryRoutes.json(status, body);
    }
}
