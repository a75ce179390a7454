package io.voiceagent.tool.tools.websearch;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.equalToJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Json;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorOptions;
import io.voiceagent.tool.ToolContract;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolFailure;
import java.net.ServerSocket;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class WebSearchTest extends ToolContract {
    @RegisterExtension
    static final WireMockExtension SERVICE = WireMockExtension.newInstance()
            .options(wireMockConfig().dynamicPort())
            .build();

    private static Simulator simulator;
    private static WebSearch simulated;

    @BeforeAll
    static void start() {
        simulator = Simulator.start(SimulatorOptions.defaults());
        simulated = new WebSearch(URI.create(simulator.searchUrl()), "tvly-key");
    }

    @AfterAll
    static void end() {
        simulated.close();
        simulator.close();
    }

    @Override
    protected Tool tool() {
        return simulated;
    }

    @Override
    protected String example() {
        return "{\"query\":\"weather in Berlin\",\"max_results\":3}";
    }

    private String search(String arguments) throws Exception {
        try (WebSearch search = new WebSearch(URI.create(SERVICE.baseUrl() + "/"), "tvly-key")) {
            return search.run(call(arguments));
        }
    }

    @Test
    void findsAsManyAsAskedFor() throws Exception {
        Run call = call(example());
        JsonNode results = Json.tree(simulated.run(call)).path("results");

        assertThat(results).hasSize(3);
        assertThat(results.path(0).path("title").asString()).contains("weather in Berlin");
        assertThat(results.path(0).path("url").asString()).startsWith("https://");
        assertThat(call.progressed()).containsExactly("searching");
    }

    @Test
    void asksTheServiceInItsOwnWords() throws Exception {
        SERVICE.stubFor(post("/search").willReturn(aResponse().withBody("{\"results\":[]}")));

        assertThat(search("{\"query\":\"x\"}")).isEqualTo("{\"results\":[]}");
        SERVICE.verify(postRequestedFor(urlEqualTo("/search"))
                .withHeader("Authorization", equalTo("Bearer tvly-key"))
                .withRequestBody(equalToJson("{\"query\":\"x\",\"max_results\":5,\"search_depth\":\"basic\"}")));
    }

    @ParameterizedTest
    @CsvSource({
        "401, key, 1",
        "400, 400, 1",
        "432, quota, 1",
        "302, 302, 1",
        "429, too often, 2",
        "500, fault of its own (HTTP 500), 2",
        "503, fault of its own (HTTP 503), 2"
    })
    void aRefusalIsToldAndOnlyAPassingOneIsTriedAgain(int status, String told, int requests) {
        SERVICE.stubFor(post("/search")
                .willReturn(aResponse().withStatus(status).withBody("{\"detail\":{\"error\":\"tvly-key is bad\"}}")));

        assertThatThrownBy(() -> search("{\"query\":\"x\"}"))
                .isInstanceOfSatisfying(
                        ToolFailure.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCodes.TOOL_FAILED))
                .hasMessageContaining(told)
                .hasMessageNotContaining("tvly-key");
        SERVICE.verify(requests, postRequestedFor(urlEqualTo("/search")));
    }

    @Test
    void aLongPauseIsNotWaitedFor() {
        SERVICE.stubFor(post("/search").willReturn(aResponse().withStatus(429).withHeader("Retry-After", "60")));

        assertThatThrownBy(() -> search("{\"query\":\"x\"}")).hasMessageContaining("too often");
        SERVICE.verify(1, postRequestedFor(urlEqualTo("/search")));
    }

    @Test
    void aServiceThatIsAwayIsTold() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (WebSearch search = new WebSearch(URI.create("http://127.0.0.1:" + free), "tvly-key")) {
            assertThatThrownBy(() -> search.run(call("{\"query\":\"x\"}")))
                    .isInstanceOf(ToolFailure.class)
                    .hasMessageContaining("can't be reached");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anInterruptEndsTheRequest(boolean withinTheBody) throws Exception {
        SERVICE.stubFor(post("/search")
                .willReturn(
                        withinTheBody
                                ? aResponse().withBody("{\"results\":[]}").withChunkedDribbleDelay(5, 60_000)
                                : aResponse().withFixedDelay(60_000)));
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread run = Thread.ofVirtual().start(() -> ended.complete(catchThrowable(() -> search("{\"query\":\"x\"}"))));
        await().until(() -> !SERVICE.getAllServeEvents().isEmpty()
                || !SERVICE.findAll(postRequestedFor(urlEqualTo("/search"))).isEmpty());
        run.interrupt();

        assertThat(ended.get(5, TimeUnit.SECONDS)).isNotNull();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"CONNECTION_RESET_BY_PEER", "MALFORMED_RESPONSE_CHUNK", "EMPTY_RESPONSE"})
    void aBrokenConnectionIsTold(Fault fault) {
        SERVICE.stubFor(post("/search").willReturn(aResponse().withFault(fault)));

        assertThatThrownBy(() -> search("{\"query\":\"x\"}")).isInstanceOf(ToolFailure.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    <html>
                    {"results": 7}
                    {"results": [
                    []
                    """)
    void anythingElseThanResultsIsTold(String body) {
        SERVICE.stubFor(post("/search").willReturn(aResponse().withBody(body)));

        assertThatThrownBy(() -> search("{\"query\":\"x\"}"))
                .isInstanceOf(ToolFailure.class)
                .hasMessageContaining("something else");
    }

    @Test
    void aHugeAnswerIsNotRead() {
        SERVICE.stubFor(post("/search").willReturn(aResponse().withBody("x".repeat(2_000_000))));

        assertThatThrownBy(() -> search("{\"query\":\"x\"}")).hasMessageContaining("too much");
    }

    @Test
    void oneFailureIsOvercome() throws Exception {
        assertThat(simulated.run(call("{\"query\":\"news [[search-fault=503:1]]\"}")))
                .contains("Simulated result");
    }
}
