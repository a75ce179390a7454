package io.voiceagent.archiver.query;

import static io.voiceagent.archiver.query.ArchivedTraces.WORKER;
import static io.voiceagent.archiver.query.ArchivedTraces.id;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.util.UriComponentsBuilder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Both query APIs over a filled archive. */
class QueryRoutesTest {

    private static ArchivedTraces archive;
    private static WebTestClient client;

    @BeforeAll
    static void fill() throws SQLException {
        archive = new ArchivedTraces(1_500);
        archive.database.execute("""
                INSERT INTO trace_spans (trace_id, span_id, parent_span_id, service_name, name, kind, start_time, end_time,
                    start_unix_nano, duration_ms, status, status_message, scope_name, attributes, resource, events, links)
                VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc', 'shapes/of', 'a /name', 'client',
                    now() - interval '20 seconds', now(), (extract(epoch FROM now() - interval '20 seconds') * 1000000)::bigint * 1000,
                    12.345, 'error', 'it broke', 'scope',
                    '{"text": "t", "yes": true, "whole": 7, "huge": 9223372036854775222, "part": 72.5, "list": ["a", 1], "none": null}',
                    '{"service.name": "shapes/of", "host.name": "h"}',
                    '[{"name": "first_token", "time": "2026-01-31T12:00:00.123456Z", "attributes": {"n": 1}}]',
                    '[{"trace_id": "dddddddddddddddddddddddddddddddd", "span_id": "eeeeeeeeeeeeeeee", "attributes": {}}]')""");
        archive.database.execute("""
                INSERT INTO performance_metrics (service_name, name, kind, unit, temporality, time, start_time, count, sum, min, max,
                                                 buckets, attributes, resource, exemplars)
                SELECT 'voice-agent-api', 'http.server.duration_ms', 'histogram', 'ms', 'delta', now() - i * interval '10 seconds',
                       now() - (i + 1) * interval '10 seconds', 10, 100, 1, 90, '{"bounds": [10, 100], "counts": [9, 1, 0]}', '{}', '{}', '[]'
                FROM generate_series(1, 30) AS i""");
        InstantSource clock = InstantSource.system();
        client = WebTestClient.bindToRouterFunction(
                        QueryRoutes.of(archive.reader, clock).and(JaegerRoutes.of(archive.reader, clock)))
                .configureClient()
                .responseTimeout(Duration.ofSeconds(20))
                .codecs(codecs -> codecs.defaultCodecs().maxInMemorySize(64 << 20))
                .build();
    }

    @AfterAll
    static void drop() throws SQLException {
        archive.close();
    }

    @Test
    void findsTracesAndGoesOnBehindThem() {
        JsonNode first = get(200, "/api/v1/traces?service=voice-agent-worker&limit=2");
        JsonNode second = get(
                200,
                "/api/v1/traces?service=voice-agent-worker&limit=2&cursor="
                        + first.path("next_cursor").stringValue());

        assertThat(traceIds(first)).containsExactly(id(0), id(1));
        assertThat(traceIds(second)).containsExactly(id(2), id(3));
        JsonNode trace = first.path("traces").get(0);
        assertThat(trace.path("operation").stringValue()).isEqualTo("POST /api/v1/responses");
        assertThat(trace.path("spans").intValue()).isEqualTo(10);
        assertThat(Instant.parse(trace.path("start_time").stringValue())).isEqualTo(archive.newest);
        assertThat(traceIds(get(200, "/api/v1/traces?status=error&tag=turn:100&lookback=3d")))
                .containsExactly(id(100));
    }

    @Test
    void showsATraceItsServicesAndOperations() {
        JsonNode trace = get(200, "/api/v1/traces/" + id(3).toUpperCase(java.util.Locale.ROOT));

        assertThat(trace.path("spans")).hasSize(10);
        assertThat(trace.path("spans").get(1).path("offset_ms").doubleValue()).isEqualTo(5.0);
        assertThat(trace.path("spans").get(1).path("attributes").path("turn").stringValue())
                .isEqualTo("3");
        assertThat(get(200, "/api/v1/services").path("services").toString()).contains("\"shapes/of\"", WORKER);
        assertThat(get(200, "/api/v1/operations?service=" + WORKER)
                        .path("operations")
                        .toString())
                .isEqualTo("[{\"name\":\"agent.call_llm\",\"kind\":\"client\"},"
                        + "{\"name\":\"agent.process_message\",\"kind\":\"consumer\"}]");
        assertThat(get(404, "/api/v1/traces/" + id(999_999))
                        .path("error")
                        .path("code")
                        .stringValue())
                .isEqualTo("trace_not_found");
    }

    @Test
    void showsAMetricByStep() {
        assertThat(get(200, "/api/v1/metrics").path("metrics").toString())
                .contains("{\"name\":\"http.server.duration_ms\",\"kind\":\"histogram\",\"unit\":\"ms\"}");
        JsonNode figures = get(200, "/api/v1/metrics/http.server.duration_ms?lookback=10m&step=1m");

        assertThat(figures.path("unit").stringValue()).isEqualTo("ms");
        long count = figures.path("steps")
                .valueStream()
                .mapToLong(step -> step.path("count").longValue())
                .sum();
        assertThat(count).isEqualTo(300);
        assertThat(figures.path("steps").values()).allSatisfy(step -> {
            assertThat(step.path("avg").doubleValue()).isEqualTo(10.0);
            assertThat(step.path("min").doubleValue()).isEqualTo(1.0);
            assertThat(step.path("max").doubleValue()).isEqualTo(90.0);
            // 95 of 100 lie half way through the bucket from 10 to 100
            assertThat(step.path("p95").doubleValue()).isEqualTo(55.0);
        });
        assertThat(get(200, "/api/v1/metrics/none").path("steps")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /api/v1/traces?colour=red                        | colour       | Use cursor, end,
            /api/v1/traces?limit=0                           | limit        | from 1 to 200
            /api/v1/traces?limit=many                        | limit        | from 1 to 200
            /api/v1/traces?limit=1&limit=2                   | limit        | Give it once
            /api/v1/traces?status=bad                        | status       | error, ok, unset
            /api/v1/traces?min_duration=5                    | min_duration | such as 250ms
            /api/v1/traces?min_duration=2s&max_duration=1s   | max_duration | more
            /api/v1/traces?start=yesterday                   | start        | ISO 8601
            /api/v1/traces?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z | start | earlier
            /api/v1/traces?start=0001-01-01T00:00:00Z        | start        | 1970
            /api/v1/traces?lookback=99999999999d             | lookback     | such as 250ms
            /api/v1/traces?tag=nothing                       | tag          | error.type:timeout
            /api/v1/traces?tag=a:%00                         | tag          | U+0000
            /api/v1/traces?cursor=abc                        | cursor       | next_cursor
            /api/v1/traces/not-hex                           | traceID      | 32 hex digits
            /api/v1/operations                               | service      | Give it
            /api/v1/metrics/x?step=1ms                       | step         | 1s or more
            /api/v1/metrics/x?lookback=30d&step=1s           | step         | 2000 steps
            """)
    void namesWhatCantBeUsedAndWhatToDo(String path, String parameter, String remedy) {
        JsonNode error = get(400, path).path("error");

        assertThat(error.path("param").stringValue()).isEqualTo(parameter);
        assertThat(error.path("message").stringValue())
                .startsWith("Parameter " + parameter + " ")
                .contains(remedy);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /api/traces                                | service
            /api/traces?service=a&tags=x               | tags
            /api/traces?service=a&tags={"a":["b"]}     | tags
            /api/traces?service=a&start=yesterday      | start
            /api/traces?service=a&minDuration=1        | minDuration
            /api/traces?service=a&limit=100000         | limit
            /api/operations                            | service
            /api/traces/xyz                            | traceID
            """)
    void namesItInJaegersWayToo(String path, String parameter) {
        JsonNode answer = getEncoded(400, path);

        assertThat(answer.path("data").isNull()).isTrue();
        assertThat(answer.path("errors").get(0).path("code").intValue()).isEqualTo(400);
        assertThat(answer.path("errors").get(0).path("msg").stringValue()).contains("Parameter " + parameter + " ");
    }

    @Test
    void answersJaegersClientsInJaegersShape() {
        JsonNode services = get(200, "/api/services");
        assertThat(shape(services)).isEqualTo("{data:[string],errors:null,limit:int,offset:int,total:int}");
        assertThat(services.path("total").intValue())
                .isEqualTo(services.path("data").size());
        assertThat(get(200, "/api/services/voice-agent-worker/operations")
                        .path("data")
                        .toString())
                .isEqualTo("[\"agent.call_llm\",\"agent.process_message\"]");
        assertThat(getEncoded(200, "/api/services/shapes%2Fof/operations")
                        .path("data")
                        .toString())
                .isEqualTo("[\"a /name\"]");
        assertThat(get(200, "/api/operations?service=voice-agent-worker&spanKind=client")
                        .path("data")
                        .toString())
                .isEqualTo("[{\"name\":\"agent.call_llm\",\"spanKind\":\"client\"}]");

        JsonNode trace = get(200, "/api/traces/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?start=1&prettyPrint=true");
        assertThat(shape(trace))
                .isEqualTo("{data:[{processes:{p1:{serviceName:string,tags:[{key:string,type:string,value:string}]}},"
                        + "spans:[{duration:int,logs:[{fields:[{key:string,type:string,value:int|string}],timestamp:int}],"
                        + "operationName:string,processID:string,references:[{refType:string,spanID:string,traceID:string}],"
                        + "spanID:string,startTime:int,tags:[{key:string,type:string,value:bool|float|int|string}],"
                        + "traceID:string,warnings:null}],traceID:string,warnings:null}],"
                        + "errors:null,limit:int,offset:int,total:int}");
        JsonNode span = trace.path("data").get(0).path("spans").get(0);
        assertThat(span.path("duration").longValue()).isEqualTo(12_345);
        assertThat(span.path("references").toString())
                .isEqualTo(
                        "[{\"refType\":\"CHILD_OF\",\"traceID\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"spanID\":\"cccccccccccccccc\"},"
                                + "{\"refType\":\"FOLLOWS_FROM\",\"traceID\":\"dddddddddddddddddddddddddddddddd\",\"spanID\":\"eeeeeeeeeeeeeeee\"}]");
        assertThat(tags(span))
                .contains(
                        "text string \"t\"",
                        "yes bool true",
                        "whole int64 7",
                        "huge int64 \"9223372036854775222\"", // as Jaeger does beyond what JavaScript counts to
                        "part float64 72.5",
                        "list string \"[\\\"a\\\",1]\"",
                        "span.kind string \"client\"",
                        "error bool true",
                        "otel.status_code string \"ERROR\"",
                        "otel.status_description string \"it broke\"",
                        "otel.scope.name string \"scope\"");
        assertThat(span.path("logs").toString())
                .isEqualTo("[{\"timestamp\":1769860800123456,\"fields\":[{\"key\":\"event\",\"type\":\"string\","
                        + "\"value\":\"first_token\"},{\"key\":\"n\",\"type\":\"int64\",\"value\":1}]}]");
        assertThat(get(404, "/api/traces/" + id(999_999)).path("errors").toString())
                .isEqualTo("[{\"code\":404,\"msg\":\"trace not found\"}]");
    }

    @Test
    void searchesAsGrafanasDataSourceAsks() {
        long end = archive.newest.plusSeconds(30).getEpochSecond() * 1_000_000;
        JsonNode found = getEncoded(
                200,
                "/api/traces?service=voice-agent-worker&operation=agent.call_llm&tags=%7B%22error%22%3A%22true%22%7D&limit=2&lookback=custom"
                        + "&minDuration=1ms&maxDuration=1h&start=" + (end - 86_400_000_000L) + "&end=" + end);

        assertThat(found.path("data")
                        .valueStream()
                        .map(trace -> trace.path("traceID").stringValue()))
                .containsExactly(id(0), id(100));
        assertThat(found.path("data").get(0).path("spans")).hasSize(10);
        // What every tag of a span says can be asked for in the same words
        for (String tag :
                List.of("list:[\"a\",\"b\"]", "turn:0", "otel.status_code:ERROR", "gen_ai.usage.input_tokens:30")) {
            EntityExchangeResult<byte[]> result = client.get()
                    .uri(uri -> uri.path("/api/traces")
                            .queryParam("service", WORKER)
                            .queryParam("tag", "{tag}")
                            .queryParam("limit", 1)
                            .build(tag))
                    .exchange()
                    .expectStatus()
                    .isOk()
                    .expectBody()
                    .returnResult();
            assertThat(JsonMapper.shared()
                            .readTree(result.getResponseBody())
                            .path("data")
                            .get(0)
                            .path("traceID")
                            .stringValue())
                    .as(tag)
                    .isEqualTo(id(0));
        }
        assertThat(get(200, "/api/traces?traceID=" + id(7) + "&traceID=" + id(999_999))
                        .path("data"))
                .hasSize(1);
    }

    @Test
    void anAnswerHoldsOnlySoManySpans() {
        JsonNode found = get(200, "/api/traces?service=voice-agent-worker&limit=1500");

        long spans = found.path("data")
                .valueStream()
                .mapToLong(trace -> trace.path("spans").size())
                .sum();
        assertThat(spans).isEqualTo(Trace.MAX_SPANS);
    }

    /** Whatever is asked: found, not found, or said what is wrong with it. */
    @Test
    void noQuestionIsAnError() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> paths = List.of(
                "/api/v1/traces",
                "/api/v1/services",
                "/api/v1/operations",
                "/api/v1/metrics",
                "/api/v1/metrics/{x}",
                "/api/v1/traces/{x}",
                "/api/traces",
                "/api/services",
                "/api/services/{x}/operations",
                "/api/operations",
                "/api/traces/{x}");
        List<String> names = List.of(
                "service",
                "operation",
                "status",
                "min_duration",
                "minDuration",
                "maxDuration",
                "tag",
                "tags",
                "start",
                "end",
                "lookback",
                "limit",
                "cursor",
                "step",
                "traceID",
                "spanKind");
        List<String> values = List.of(
                "",
                "voice-agent-worker",
                "agent.call_llm",
                "error",
                "1s",
                "7",
                "-1",
                "9999999999999999999999",
                "1e400",
                "custom",
                "a:b",
                "a:[1e400000]",
                "a:[\"\\u0000\"]",
                "a:{",
                "list:[\"a\",\"b\"]",
                "{\"a\":\"b\"}",
                "{\"a\":1e400000}",
                "[]",
                "null",
                "' OR 1=1 --",
                "%",
                "\u0000",
                "\ud800",
                "\uffff",
                "x".repeat(3_000),
                "2026-01-31T12:00:00Z",
                "+292278994-08-17T07:12:55Z",
                "1769860800000000",
                "span.kind:client",
                "error:true",
                "{x}",
                "..",
                "\\",
                "?",
                ";DROP TABLE trace_spans");
        int[] statuses = new int[600];
        for (int i = 0; i < 500; i++) {
            UriComponentsBuilder uri = UriComponentsBuilder.fromPath(paths.get(random.nextInt(paths.size())));
            List<Object> filled = new ArrayList<>();
            if (uri.build().getPath() instanceof String path && path.contains("{x}")) {
                filled.add(values.get(1 + random.nextInt(values.size() - 1)));
            }
            for (int n = random.nextInt(4); n > 0; n--) {
                uri.queryParam(names.get(random.nextInt(names.size())), "{v" + n + "}");
                filled.add(values.get(random.nextInt(values.size())));
            }
            java.net.URI asked = uri.encode().buildAndExpand(filled.toArray()).toUri();
            int status = client.get()
                    .uri(asked)
                    .exchange()
                    .expectBody()
                    .returnResult()
                    .getStatus()
                    .value();
            assertThat(status).as("seed %d, %s", seed, asked).isIn(200, 400, 404);
            statuses[status]++;
        }
        System.out.printf(
                "500 questions: %d answered, %d refused, %d not found%n", statuses[200], statuses[400], statuses[404]);
        assertThat(statuses[200]).isPositive();
        assertThat(statuses[400]).isPositive();
    }

    private static JsonNode get(int status, String path) {
        return getEncoded(status, path.replace("{", "%7B").replace("\"", "%22"));
    }

    private static JsonNode getEncoded(int status, String path) {
        String encoded = path.replace("{", "%7B")
                .replace("}", "%7D")
                .replace("\"", "%22")
                .replace("[", "%5B")
                .replace("]", "%5D");
        byte[] body = client.get()
                .uri(java.net.URI.create(encoded))
                .exchange()
                .expectStatus()
                .isEqualTo(status)
                .expectBody()
                .returnResult()
                .getResponseBody();
        return JsonMapper.shared().readTree(body);
    }

    private static List<String> traceIds(JsonNode found) {
        return found.path("traces")
                .valueStream()
                .map(trace -> trace.path("trace_id").stringValue())
                .toList();
    }

    private static List<String> tags(JsonNode span) {
        return span.path("tags")
                .valueStream()
                .map(tag ->
                        tag.path("key").stringValue() + " " + tag.path("type").stringValue() + " " + tag.path("value"))
                .toList();
    }

    /** Names and types of everything in an answer; of a list, those of its members put together. */
    private static String shape(JsonNode node) {
        if (node.isObject()) {
            List<String> fields = new ArrayList<>();
            node.properties().stream()
                    .sorted(java.util.Map.Entry.comparingByKey())
                    .forEach(field -> fields.add(field.getKey() + ":" + shape(field.getValue())));
            return "{" + String.join(",", fields) + "}";
        }
        if (node.isArray()) {
            return "["
                    + node.valueStream()
                            .map(QueryRoutesTest::shape)
                            .reduce(QueryRoutesTest::either)
                            .orElse("") + "]";
        }
        return node.isString()
                ? "string"
                : node.isBoolean() ? "bool" : node.isIntegralNumber() ? "int" : node.isNumber() ? "float" : "null";
    }

    private static String either(String one, String other) {
        if (one.equals(other)) {
            return one;
        }
        if (one.startsWith("{key:string,type:string,value:") && other.startsWith("{key:string,type:string,value:")) {
            int from = "{key:string,type:string,value:".length();
            return "{key:string,type:string,value:"
                    + either(one.substring(from, one.length() - 1), other.substring(from, other.length() - 1)) + "}";
        }
        return new TreeSet<>(List.of((one + "|" + other).split("\\|"))).stream().collect(Collectors.joining("|"));
    }
}
