package io.voiceagent.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.voiceagent.clients.ApiUnderTest.Access;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The examples of {@code /docs} do what they say: each command, run by a shell as it stands there, is answered with the status that it names
 * and a body of the schema that the document has for it; each example of a body and of a field is accepted.
 */
@Timeout(120)
@ExtendWith(ApiUnderTest.class)
class DocumentedExamplesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Path HOME = Path.of("target/curl").toAbsolutePath();

    private static Access api;
    private static JsonNode document;

    @BeforeAll
    static void read(Access access) throws Exception {
        api = access;
        document = Dialect.JSON.readTree(HTTP.send(
                        HttpRequest.newBuilder(URI.create(access.systemUrl() + "/docs/openapi.json"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
        Files.createDirectories(HOME);
    }

    @TestFactory
    Stream<DynamicTest> commands() throws Exception {
        requireCurl();
        List<Operation> operations = operations();
        long count = operations.stream()
                .mapToLong(operation -> operation.json().path("x-codeSamples").size())
                .sum();
        System.out.println("Commands of /docs: " + count);
        assertThat(count).isGreaterThan(30);
        return operations.stream()
                .flatMap(operation -> StreamSupport.stream(
                                operation.json().path("x-codeSamples").spliterator(), false)
                        .map(sample -> DynamicTest.dynamicTest(
                                operation.id() + ": " + sample.path("label").stringValue(),
                                () -> pasted(operation, sample))));
    }

    private static void pasted(Operation operation, JsonNode sample) throws Exception {
        Pasted answer = paste(sample.path("source").stringValue(), operation.id());
        assertThat(answer.exit()).as(answer.body()).isZero();
        assertThat(answer.status())
                .as(answer.body())
                .isEqualTo(sample.path("status").asInt());
        checkShape(operation, answer);
    }

    @TestFactory
    Stream<DynamicTest> bodies() throws Exception {
        requireCurl();
        return operations().stream().flatMap(operation -> {
            JsonNode json = operation.json().at("/requestBody/content/application~1json");
            Stream<JsonNode> named = StreamSupport.stream(json.path("examples").spliterator(), false)
                    .map(example -> example.path("value"));
            Stream<JsonNode> one = json.has("example") ? Stream.of(json.path("example")) : Stream.of();
            return Stream.concat(named, one)
                    .map(body -> DynamicTest.dynamicTest(operation.id() + ": " + body, () -> {
                        String path = operation.path().replace("{id}", "$CONVERSATION_ID");
                        Pasted answer =
                                paste("""
                                curl -sS "%s" -H "Authorization: Bearer $API_KEY" -H 'Content-Type: application/json' \
                                -d '%s'""".formatted(path.replace("/api/v1", "$BASE_URL"), body), operation.id());
                        assertThat(answer.status()).as(answer.body()).isIn(200, 202);
                        checkShape(operation, answer);
                    }));
        });
    }

    @Test
    void fields() throws Exception {
        String response = responseId(false);
        String conversation = conversationId();
        JsonNode fields = document.at("/components/schemas/CreateResponse/properties");
        for (var field : fields.properties()) {
            ObjectNode body = Dialect.JSON.createObjectNode().put("input", "What is 6 times 7? [[tokens=4]]");
            switch (field.getKey()) {
                case "stream_options" -> body.put("stream", true).putObject("stream_options");
                case "previous_response_id" -> body.put("previous_response_id", response);
                case "conversation" -> body.put("conversation", conversation);
                default -> body.set(field.getKey(), field.getValue().at("/examples/0"));
            }
            if (field.getKey().equals("conversation_concurrency")) {
                body.put("conversation", conversationId());
            }
            HttpResponse<String> answer = send("POST", "/responses", body.toString());
            assertThat(answer.statusCode()).as("%s: %s", body, answer.body()).isIn(200, 202);
        }
    }

    @Test
    void theRefusal() throws Exception {
        JsonNode example = document.at("/components/responses/BadRequest/content/application~1json/example");
        assertThat(example.isObject()).isTrue();
        Pasted answer = paste("""
                curl -sS "$BASE_URL/responses" -H "Authorization: Bearer $API_KEY" -H 'Content-Type: application/json' \
                -d '{"input": "x", "max_tokens": 9}'""", "");
        assertThat(Dialect.JSON.readTree(answer.body())).isEqualTo(example);
    }

    /** @param path with variables in braces */
    private record Operation(String id, String path, String pointer, JsonNode json) {}

    private static List<Operation> operations() {
        return document.path("paths").properties().stream()
                .flatMap(path -> path.getValue().properties().stream()
                        .map(method -> new Operation(
                                method.getValue().path("operationId").stringValue(),
                                path.getKey(),
                                "/paths/" + path.getKey().replace("/", "~1") + "/" + method.getKey(),
                                method.getValue())))
                .toList();
    }

    private static void checkShape(Operation operation, Pasted answer) {
        String response = operation.pointer() + "/responses/" + answer.status();
        String reference = document.at(response).path("$ref").asString("");
        if (!reference.isEmpty()) {
            response = reference.substring(1);
        }
        String content = response + "/content/" + answer.type().replace("/", "~1");
        assertThat(document.at(content).isObject()).as(content).isTrue();
        if (answer.type().equals("text/event-stream")) {
            // The proxy checks each event
            ServerSentEvents events = ServerSentEvents.parse(answer.body());
            assertThat(events.events()).isNotEmpty();
            assertThat(events.done()).isTrue();
            return;
        }
        ObjectNode schema = ((ObjectNode) document.deepCopy()).put("$ref", "#" + content + "/schema");
        assertThat(SCHEMAS.getSchema(schema).validate(Dialect.JSON.readTree(answer.body())))
                .as(answer.body())
                .isEmpty();
    }

    private record Pasted(int exit, int status, String type, String body) {}

    /** Runs a command by a shell that knows what the document tells to export. */
    private static Pasted paste(String command, String operation) throws Exception {
        Path head = Files.createTempFile(HOME, "head", ".txt");
        Path home = Files.createTempDirectory(HOME, "home");
        // So that the command stays as it is, and its status is known
        Files.writeString(home.resolve(".curlrc"), "dump-header = \"%s\"%n".formatted(head));
        Map<String, String> variables = new HashMap<>();
        if (command.contains("$RESPONSE_ID")) {
            variables.put("RESPONSE_ID", responseId(operation.equals("cancelResponse")));
        }
        if (command.contains("$CONVERSATION_ID")) {
            String conversation = conversationId();
            variables.put("CONVERSATION_ID", conversation);
            variables.put(
                    "ITEM_ID",
                    json("GET", "/conversations/" + conversation + "/items", "")
                            .at("/data/0/id")
                            .stringValue());
        }
        if (command.contains("$MODEL")) {
            variables.put("MODEL", json("GET", "/models", "").at("/data/0/id").stringValue());
        }
        variables.put("BASE_URL", api.baseUrl());
        variables.put("API_KEY", api.apiKey());
        variables.put("CURL_HOME", home.toString());
        ProcessBuilder shell = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true);
        shell.environment().putAll(variables);
        Process process = shell.start();
        process.getOutputStream().close();
        StringBuilder body = new StringBuilder();
        if (operation.equals("followConversation")) {
            json("POST", "/responses", """
                    {"input": "Follow me. [[tokens=4]]", "conversation": "%s"}""".formatted(variables.get("CONVERSATION_ID")));
        }
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                body.append(line).append('\n');
                if (operation.equals("followConversation") && line.equals("event: response.completed")) {
                    json("DELETE", "/conversations/" + variables.get("CONVERSATION_ID"), "");
                }
            }
        }
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            fail("still running: " + command);
        }
        List<String> headers = Files.readAllLines(head);
        assertThat(headers).as(body.toString()).isNotEmpty();
        String type = headers.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-type:"))
                .map(line ->
                        line.substring(line.indexOf(':') + 1).split(";", 2)[0].strip())
                .findFirst()
                .orElse("");
        return new Pasted(
                process.exitValue(), Integer.parseInt(headers.getFirst().split(" ")[1]), type, body.toString());
    }

    private static void requireCurl() throws InterruptedException {
        try {
            new ProcessBuilder("curl", "--version")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException notThere) {
            abort("no command of /docs was run: there is no curl here");
        }
    }

    /** @param runs whether the turn still runs when this returns */
    private static String responseId(boolean runs) throws Exception {
        return json("POST", "/responses", """
                {"input": "What is 6 times 7?%s", "background": %s}""".formatted(runs ? " [[tokens=400]] [[tps=40]]" : " [[tokens=4]]", runs))
                .path("id")
                .stringValue();
    }

    private static String conversationId() throws Exception {
        return json("POST", "/conversations", """
                {"items": [{"type": "message", "role": "user", "content": "My name is Ada."}]}""").path("id").stringValue();
    }

    private static JsonNode json(String method, String path, String body) throws Exception {
        HttpResponse<String> answer = send(method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202);
        return Dialect.JSON.readTree(answer.body());
    }

    private static HttpResponse<String> send(String method, String path, String body) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(api.baseUrl() + path))
                        .timeout(PATIENCE)
                        .header("Authorization", "Bearer " + api.apiKey())
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
