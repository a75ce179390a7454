package io.voiceagent.archiver.query;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The archive's own API, below {@code /api/v1}. Times are ISO 8601 in UTC, durations are such as {@code 250ms}; what can't be used is a 400 that
 * names the parameter and what to do.
 */
public final class QueryRoutes {

    private static final Set<String> STATUSES = Set.of("ok", "error", "unset");
    private static final Duration TRACES_LOOKBACK = Duration.ofHours(1);
    private static final Duration NAMES_LOOKBACK = Duration.ofDays(7);
    private static final int LIMIT = 20;
    private static final int MAX_LIMIT = 200;
    private static final int STEPS = 60;
    private static final int MAX_STEPS = 2_000;

    private final ReadDatabase archive;
    private final InstantSource clock;

    private QueryRoutes(ReadDatabase archive, InstantSource clock) {
        this.archive = archive;
        this.clock = clock;
    }

    /** The routes. */
    public static RouterFunction<ServerResponse> of(ReadDatabase archive, InstantSource clock) {
        QueryRoutes routes = new QueryRoutes(archive, clock);
        return RouterFunctions.route()
                .GET("/api/v1/traces", guarded(routes::search))
                .GET("/api/v1/traces/{id}", guarded(routes::trace))
                .GET("/api/v1/services", guarded(routes::services))
                .GET("/api/v1/operations", guarded(routes::operations))
                .GET("/api/v1/metrics", guarded(routes::metrics))
                .GET("/api/v1/metrics/{name}", guarded(routes::metric))
                .onError(
                        InvalidParameterException.class,
                        (failure, request) -> refused((InvalidParameterException) failure))
                .onError(
                        ArchiveUnavailableException.class,
                        (failure, request) -> unavailable((ArchiveUnavailableException) failure))
                .build();
    }

    private Mono<ServerResponse> search(ServerRequest request) {
        Parameters parameters = new Parameters(request.queryParams());
        parameters.only(Set.of(
                "service",
                "operation",
                "status",
                "min_duration",
                "max_duration",
                "tag",
                "start",
                "end",
                "lookback",
                "limit",
                "cursor"));
        Duration min = parameters.duration("min_duration");
        Duration max = parameters.duration("max_duration");
        Parameters.ordered("min_duration", min, "max_duration", max);
        String cursor = parameters.text("cursor");
        TraceSearch search = new TraceSearch(
                parameters.text("service"),
                parameters.text("operation"),
                parameters.oneOf("status", STATUSES),
                min,
                max,
                parameters.tags("tag", null),
                range(parameters, TRACES_LOOKBACK),
                parameters.integer("limit", LIMIT, 1, MAX_LIMIT),
                cursor == null ? null : Cursor.read(cursor));
        return archive.read(connection -> TraceJson.found(new TraceReader(connection).search(search)))
                .flatMap(QueryRoutes::json);
    }

    private Mono<ServerResponse> trace(ServerRequest request) {
        new Parameters(request.queryParams()).only(Set.of());
        String id = Parameters.traceId(request.pathVariable("id"));
        return archive.read(connection -> {
                    Trace trace = new TraceReader(connection).trace(id, null);
                    return trace == null
                            ? error("trace_not_found", null, "The archive has no trace " + id + ".")
                            : TraceJson.trace(trace);
                })
                .flatMap(body -> body.has("error") ? json(HttpStatus.NOT_FOUND, body) : json(body));
    }

    private Mono<ServerResponse> services(ServerRequest request) {
        Parameters parameters = new Parameters(request.queryParams());
        parameters.only(Set.of("start", "end", "lookback"));
        TimeRange range = range(parameters, NAMES_LOOKBACK);
        return archive.read(connection -> {
                    ObjectNode body = JsonMapper.shared().createObjectNode();
                    ArrayNode services = body.putArray("services");
                    new TraceReader(connection).services(range).forEach(services::add);
                    return body;
                })
                .flatMap(QueryRoutes::json);
    }

    private Mono<ServerResponse> operations(ServerRequest request) {
        Parameters parameters = new Parameters(request.queryParams());
        parameters.only(Set.of("service", "start", "end", "lookback"));
        String service = parameters.required("service");
        TimeRange range = range(parameters, NAMES_LOOKBACK);
        return archive.read(connection -> {
                    ObjectNode body = JsonMapper.shared().createObjectNode();
                    ArrayNode operations = body.putArray("operations");
                    new TraceReader(connection)
                            .operations(service, range)
                            .forEach(operation -> operations
                                    .addObject()
                                    .put("name", operation.name())
                                    .put("kind", operation.kind()));
                    return body;
                })
                .flatMap(QueryRoutes::json);
    }

    private Mono<ServerResponse> metrics(ServerRequest request) {
        Parameters parameters = new Parameters(request.queryParams());
        parameters.only(Set.of("start", "end", "lookback"));
        TimeRange range = range(parameters, Duration.ofDays(1));
        return archive.read(connection -> {
                    ObjectNode body = JsonMapper.shared().createObjectNode();
                    ArrayNode metrics = body.putArray("metrics");
                    new MetricReader(connection)
                            .names(range)
                            .forEach(metric -> metrics.addObject()
                                    .put("name", metric.name())
                                    .put("kind", metric.kind())
                                    .put("unit", metric.unit()));
                    return body;
                })
                .flatMap(QueryRoutes::json);
    }

    private Mono<ServerResponse> metric(ServerRequest request) {
        Parameters parameters = new Parameters(request.queryParams());
        parameters.only(Set.of("service", "start", "end", "lookback", "step"));
        String name = Parameters.name("name", request.pathVariable("name"));
        String service = parameters.text("service");
        TimeRange range = range(parameters, TRACES_LOOKBACK);
        Duration step = step(parameters, range);
        return archive.read(connection ->
                        figures(name, step, new MetricReader(connection).figures(name, service, range, step)))
                .flatMap(QueryRoutes::json);
    }

    private static Duration step(Parameters parameters, TimeRange range) {
        Duration all = Duration.between(range.from(), range.to());
        Duration asked = parameters.duration("step");
        Duration step = asked == null
                ? Duration.ofSeconds(Math.max(1, all.toSeconds() / STEPS))
                : Duration.ofMillis(asked.toMillis());
        if (step.compareTo(Duration.ofSeconds(1)) < 0 || all.dividedBy(step) > MAX_STEPS) {
            throw new InvalidParameterException(
                    "step",
                    "is too short",
                    "Use 1s or more, and not more than %d steps from start to end".formatted(MAX_STEPS));
        }
        return step;
    }

    private static ObjectNode figures(String name, Duration step, MetricReader.Figures figures) {
        ObjectNode body = JsonMapper.shared().createObjectNode();
        body.put("name", name);
        body.put("kind", figures.metric() == null ? null : figures.metric().kind());
        body.put("unit", figures.metric() == null ? null : figures.metric().unit());
        body.put("step_seconds", step.toMillis() / 1e3);
        ArrayNode steps = body.putArray("steps");
        for (MetricStep figure : figures.steps()) {
            steps.addObject()
                    .put("time", figure.time().toString())
                    .put("count", figure.count())
                    .put("sum", figure.sum())
                    .put("avg", figure.avg())
                    .put("min", figure.min())
                    .put("max", figure.max())
                    .put("p95", figure.p95());
        }
        return body;
    }

    private TimeRange range(Parameters parameters, Duration otherwise) {
        Duration lookback = parameters.duration("lookback");
        return Parameters.range(
                parameters.instant("start"),
                parameters.instant("end"),
                lookback == null ? otherwise : lookback,
                clock.instant());
    }

    /** The body of a refusal. @param parameter null: it is not about one */
    static ObjectNode error(String code, @Nullable String parameter, String message) {
        ObjectNode body = JsonMapper.shared().createObjectNode();
        body.putObject("error").put("code", code).put("param", parameter).put("message", message);
        return body;
    }

    private static Mono<ServerResponse> refused(InvalidParameterException failure) {
        return json(
                HttpStatus.BAD_REQUEST,
                error("invalid_parameter", failure.parameter(), String.valueOf(failure.getMessage())));
    }

    private static Mono<ServerResponse> unavailable(ArchiveUnavailableException failure) {
        return json(HttpStatus.SERVICE_UNAVAILABLE, error(failure.code(), null, String.valueOf(failure.getMessage())));
    }

    private static Mono<ServerResponse> json(ObjectNode body) {
        return json(HttpStatus.OK, body);
    }

    /** A handler whose exceptions are signalled, so that they are answered where all failures are. */
    static HandlerFunction<ServerResponse> guarded(HandlerFunction<ServerResponse> handler) {
        return request -> Mono.defer(() -> handler.handle(request));
    }

    /** An answer. */
    static Mono<ServerResponse> json(HttpStatus status, ObjectNode body) {
        return ServerResponse.status(status)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(JsonMapper.shared().writeValueAsString(body));
    }
}
