package io.voiceagent.ingress;

import static java.net.http.HttpRequest.BodyPublishers.ofInputStream;
import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.submit.spec.Limits;
import io.voiceagent.transport.KafkaSettings;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * What the whole service answers to bad input, before a real broker: status, code and param of each, and that nothing is in the log
 * afterwards. Leaves the table in {@code target/refusals.md}.
 */
class RefusalTableTest {
    private static final Path TABLE = Path.of("target", "refusals.md");
    private static final String OK = "{\"input\":\"hello\",\"background\":true}";

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static RunningIngress service;
    private static RequestsInLog log;
    private static String ours;
    private static long before;
    private static final List<String> rows = Collections.synchronizedList(new ArrayList<>());

    private interface Sends {
        HttpRequest.Builder of(RunningIngress service);
    }

    record Row(
            String what,
            Sends request,
            int status,
            String code,
            @Nullable String param) {
        @Override
        public String toString() {
            return what;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        broker = EmbeddedBroker.start(directory, 0);
        service = RunningIngress.start(broker.bootstrapServers()).ready();
        log = new RequestsInLog(
                KafkaSettings.local(broker.bootstrapServers(), RunningIngress.PARTITIONS, 1), "test-counts");
        ours = service.submit();
        before = log.count();
        assertThat(before).isEqualTo(1);
    }

    @AfterAll
    static void stop() throws Exception {
        Collections.sort(rows);
        rows.addFirst("|---|---|---|---|");
        rows.addFirst("| Input | Status | code | param |");
        Files.write(TABLE, rows);
        log.close();
        service.close();
        broker.close();
    }

    private static Row body(String what, String body, int status, String code, @Nullable String param) {
        return new Row(what, on -> on.request("/responses").POST(ofString(body)), status, code, param);
    }

    private static Row field(String what, String field, String code, String param) {
        return body(what, "{\"input\":\"hello\",\"background\":true,%s}".formatted(field), 400, code, param);
    }

    static Stream<Row> keys() {
        return Stream.of(
                new Row(
                        "no key",
                        on -> on.anonymous("/api/v1/responses")
                                .header("Content-Type", "application/json")
                                .POST(ofString(OK)),
                        401,
                        "invalid_api_key",
                        "Authorization"),
                new Row(
                        "wrong key",
                        on -> on.request("wrong-key-0123456789", "/responses").POST(ofString(OK)),
                        401,
                        "invalid_api_key",
                        "Authorization"),
                new Row(
                        "another tenant's id, get",
                        on -> on.request(RunningIngress.GLOBEX, "/responses/" + ours)
                                .GET(),
                        404,
                        "response_not_found",
                        "response_id"),
                new Row(
                        "another tenant's id, stream",
                        on -> on.request(RunningIngress.GLOBEX, "/responses/" + ours + "?stream=true")
                                .GET(),
                        404,
                        "response_not_found",
                        "response_id"),
                new Row(
                        "another tenant's id, cancel",
                        on -> on.request(RunningIngress.GLOBEX, "/responses/" + ours + "/cancel")
                                .POST(ofString("")),
                        404,
                        "response_not_found",
                        "response_id"),
                new Row(
                        "another tenant's id, to go on from",
                        on -> on.request(RunningIngress.GLOBEX, "/responses")
                                .POST(ofString("{\"input\":\"a\",\"previous_response_id\":\"%s\"}".formatted(ours))),
                        400,
                        "previous_response_not_found",
                        "previous_response_id"));
    }

    static Stream<Row> json() {
        String large = "{\"input\":\"" + "a".repeat(Limits.BODY_BYTES) + "\"}";
        return Stream.of(
                body("malformed JSON", "{\"input\":", 400, "invalid_json", null),
                body("empty body", "", 400, "invalid_json", null),
                body("two objects", "{\"input\":\"a\"} {}", 400, "invalid_json", null),
                body("a repeated field", "{\"input\":\"a\",\"input\":\"b\"}", 400, "invalid_json", null),
                body("an array instead of an object", "[]", 400, "invalid_type", null),
                body(
                        "nested 200 deep",
                        "{\"input\":" + "[".repeat(200) + "]".repeat(200) + "}",
                        400,
                        "invalid_json",
                        null),
                body("body over the limit", large, 413, "request_too_large", null),
                new Row(
                        "body over the limit, no length",
                        on -> on.request("/responses")
                                .POST(ofInputStream(
                                        () -> new ByteArrayInputStream(large.getBytes(StandardCharsets.UTF_8)))),
                        413,
                        "request_too_large",
                        null),
                body(
                        "body under the limit, more than one record",
                        "{\"input\":\"" + "a".repeat(5 << 20) + "\",\"background\":true}",
                        400,
                        "context_length_exceeded",
                        "input"),
                new Row(
                        "not declared as JSON",
                        on -> on.request("/responses")
                                .setHeader("Content-Type", "text/plain")
                                .POST(ofString(OK)),
                        415,
                        "unsupported_media_type",
                        "Content-Type"));
    }

    static Stream<Row> fields() {
        return Stream.of(
                field("unknown field", "\"colour\":\"red\"", "unknown_parameter", "colour"),
                field(
                        "unknown field of a tool",
                        "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"x\":1}]",
                        "unknown_parameter",
                        "tools[0].x"),
                field("unsupported field", "\"prompt\":\"c\"", "unsupported_parameter", "prompt"),
                body(
                        "unknown conversation",
                        "{\"input\":\"a\",\"conversation\":\"c\"}",
                        404,
                        "conversation_not_found",
                        "conversation"),
                field("unsupported value", "\"presence_penalty\":1", "unsupported_value", "presence_penalty"),
                field(
                        "unsupported tool",
                        "\"tools\":[{\"type\":\"file_search\"}]",
                        "unsupported_value",
                        "tools[0].type"),
                field(
                        "tool that no worker offers",
                        "\"tools\":[{\"type\":\"web_search\"}]",
                        "tool_not_available",
                        "tools[0].type"),
                field("wrong type: boolean", "\"stream\":\"yes\"", "invalid_type", "stream"),
                field("wrong type: number", "\"temperature\":\"hot\"", "invalid_type", "temperature"),
                field("wrong type: integer", "\"max_output_tokens\":1.5", "invalid_type", "max_output_tokens"),
                field("wrong type: string", "\"instructions\":7", "invalid_type", "instructions"),
                field("wrong type: array", "\"tools\":{}", "invalid_type", "tools"),
                field("wrong type: object", "\"metadata\":[]", "invalid_type", "metadata"),
                field("wrong type: in metadata", "\"metadata\":{\"a\":1}", "invalid_type", "metadata.a"),
                field("out of bounds", "\"temperature\":3", "invalid_value", "temperature"),
                body("wrong type: input", "{\"input\":7}", 400, "invalid_type", "input"),
                body(
                        "wrong type: in input",
                        "{\"input\":[{\"role\":\"user\",\"content\":7}]}",
                        400,
                        "invalid_type",
                        "input[0].content"),
                body("no input", "{\"model\":\"m\"}", 400, "missing_required_parameter", "input"),
                field(
                        "unknown previous response",
                        "\"previous_response_id\":\"resp_%s\"".formatted("0".repeat(48)),
                        "previous_response_not_found",
                        "previous_response_id"),
                new Row(
                        "previous response that runs",
                        on -> on.request("/responses")
                                .POST(ofString("{\"input\":\"a\",\"previous_response_id\":\"%s\"}".formatted(ours))),
                        400,
                        "previous_response_in_progress",
                        "previous_response_id"),
                new Row(
                        "Idempotency-Key of two words",
                        on -> on.request("/responses")
                                .header("Idempotency-Key", "k k")
                                .POST(ofString(OK)),
                        400,
                        "invalid_value",
                        "Idempotency-Key"));
    }

    static Stream<Row> paths() {
        return Stream.of(
                new Row(
                        "unknown id",
                        on -> on.request("/responses/resp_1").GET(),
                        404,
                        "response_not_found",
                        "response_id"),
                new Row(
                        "deletion of an unknown id",
                        on -> on.request("/responses/resp_1").DELETE(),
                        404,
                        "response_not_found",
                        "response_id"),
                new Row("unknown path", on -> on.request("/nothing").GET(), 404, "not_found", null),
                new Row(
                        "wrong method",
                        on -> on.request("/responses").PUT(ofString(OK)),
                        405,
                        "method_not_allowed",
                        null),
                new Row(
                        "unsupported endpoint",
                        on -> on.request("/audio/speech").POST(ofString(OK)),
                        501,
                        "unsupported_endpoint",
                        null),
                new Row("no WebSocket", on -> on.request("/responses").GET(), 426, "upgrade_required", null),
                new Row(
                        "bad starting_after",
                        on -> on.request("/responses/" + ours + "?stream=true&starting_after=x")
                                .GET(),
                        400,
                        "invalid_type",
                        "starting_after"),
                new Row(
                        "a page too long",
                        on -> on.request("/responses/" + ours + "/input_items?limit=101")
                                .GET(),
                        400,
                        "invalid_value",
                        "limit"),
                new Row(
                        "after no item",
                        on -> on.request("/responses/" + ours + "/input_items?after=msg_1")
                                .GET(),
                        400,
                        "invalid_value",
                        "after"),
                new Row(
                        "unknown query parameter",
                        on -> on.request("/responses/" + ours + "?after=1").GET(),
                        400,
                        "unknown_parameter",
                        "after"));
    }

    @ParameterizedTest
    @MethodSource({"keys", "json", "fields", "paths"})
    void isRefused(Row row) throws Exception {
        HttpResponse<String> answer = service.send(row.request.of(service));

        JsonNode error = RunningIngress.json(answer).required("error");
        String param = error.get("param").isNull() ? null : error.get("param").stringValue();
        rows.add("| %s | %d | `%s` | %s |"
                .formatted(
                        row.what,
                        answer.statusCode(),
                        error.get("code").stringValue(),
                        param == null ? "" : "`" + param + "`"));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(row.status);
        assertThat(error.get("code").stringValue()).isEqualTo(row.code);
        assertThat(param).isEqualTo(row.param);
        assertThat(error.get("message").stringValue()).isNotBlank().doesNotContain("0123456789");
        assertThat(answer.headers().firstValue("x-request-id")).isPresent();
        assertThat(log.count()).isEqualTo(before);
    }
}
