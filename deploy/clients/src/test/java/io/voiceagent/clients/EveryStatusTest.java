package io.voiceagent.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.clients.ApiUnderTest.Access;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** A response of each status has each field of the dialect, and is told alike by a poll and by its events. */
@Timeout(120)
@ExtendWith(ApiUnderTest.class)
class EveryStatusTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Dialect DIALECT = new Dialect();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Access access;

    @BeforeAll
    static void know(Access given) {
        access = given;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "queued      | {'input':'Q.'}",
                "in_progress | {'input':'A lot. [[tokens=200]] [[tps=40]]'}",
                "completed   | {'input':'Done. [[tokens=4]] [[reasoning=2]]'}",
                "completed   | {'input':'Done. [[tokens=4]]','store':false,'metadata':{'a':'b'},'temperature':0.5,'top_p':0.5,"
                        + "'instructions':'Be brief.','max_output_tokens':99,'max_tool_calls':2,'reasoning':{'effort':'low'},"
                        + "'safety_identifier':'s','prompt_cache_key':'p','parallel_tool_calls':false,'tool_choice':'none',"
                        + "'tools':[{'type':'function','name':'f'},{'type':'web_search'},{'type':'mcp','server_label':'builtin','allowed_tools':['calculator'],"
                        + "'require_approval':'never'}]}",
                "failed      | {'input':'Fail. [[fault=badtype]]'}",
                "cancelled   | {'input':'Cancel me. [[tokens=400]] [[tps=40]]'}",
                "incomplete  | {'input':'Long. [[tokens=200]]','max_output_tokens':16}",
            })
    void hasEveryField(String status, String body) throws Exception {
        JsonNode accepted = send("POST", "", body.replace('\'', '"').replaceFirst("\\{", "{\"background\":true,"));
        String id = accepted.path("id").asString("");
        assertThat(id).as("%s", accepted).startsWith("resp_");
        JsonNode response = accepted;
        switch (status) {
            case "queued" -> {}
            case "cancelled" -> response = send("POST", "/" + id + "/cancel", "");
            default ->
                response = await().atMost(PATIENCE)
                        .until(
                                () -> send("GET", "/" + id, ""),
                                now -> now.path("status").asString("").equals(status));
        }
        assertThat(response.path("status").asString()).as("%s", response).isEqualTo(status);
        assertThat(DIALECT.violations("response", response)).isEmpty();
        if (status.equals("in_progress") || status.equals("queued")) {
            send("POST", "/" + id + "/cancel", "");
            return;
        }
        // The proxy checks each event; the last one has the same object
        String events = text("GET", "/" + id + "?stream=true", "");
        ServerSentEvents stream = ServerSentEvents.parse(events);
        assertThat(stream.events().getLast().path("response")).isEqualTo(response);
    }

    private static JsonNode send(String method, String path, String body) throws IOException, InterruptedException {
        return Dialect.JSON.readTree(text(method, path, body));
    }

    private static String text(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(access.baseUrl() + "/responses" + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + access.apiKey())
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
