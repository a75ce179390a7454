package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.follow.TurnWriter;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The broker goes away under the whole service and comes back; no orchestrator is there. */
class BrokerAwayTest {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerAwayTest.class);
    private static final Pattern ID = Pattern.compile("resp_[0-9a-f]{48}");
    private static final String BODY = "{\"input\":\"hello\",\"background\":true}";

    @TempDir
    Path directory;

    @Test
    void nothingAcceptedIsHiddenAndItWorksAgainWithoutARestart() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
        String address = broker.bootstrapServers();
        KafkaSettings kafka = KafkaSettings.local(address, RunningIngress.PARTITIONS, 1);
        try (RunningIngress service = RunningIngress.start(address).ready()) {
            String waiting = service.submit();
            String running = service.submit();
            CompletableFuture<HttpResponse<String>> stream =
                    service.sendAsync(service.request("/responses/" + running + "?stream=true"));
            write(kafka, running, turn -> turn.accepted().started().opened().text("before"));
            await().untilAsserted(() ->
                    assertThat(service.get("/responses/" + running).body()).contains("\"status\":\"in_progress\""));

            broker.close();
            Set<String> unknown = refusedUntilItIsKnown(service);
            refusedAtOnce(service);
            assertThat(service.get("/responses/" + waiting).body()).contains("\"status\":\"queued\"");
            assertThat(service.get("/responses/" + running).body()).contains("\"status\":\"in_progress\"");
            for (String id : unknown) {
                HttpResponse<String> answer = service.get("/responses/" + id);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
                assertThat(answer.headers().firstValue("Retry-After")).isPresent();
            }

            broker = EmbeddedBroker.start(directory, port(address));
            service.ready();
            String after = service.submit();
            assertThat(service.get("/responses/" + after).body()).contains("\"status\":\"queued\"");
            write(
                    kafka,
                    running,
                    turn -> turn.frames(2).text(" after").stepEnded().ended());
            assertThat(stream.get().body()).contains("before", "after").endsWith("data: [DONE]\n\n");
            assertLogAgrees(service, kafka, Set.of(waiting, running, after), unknown);
        } finally {
            broker.close();
        }
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private interface Script {
        void write(TurnWriter turn);
    }

    private static void write(KafkaSettings kafka, String id, Script script) {
        try (Producer<String, byte[]> producer = Producers.stage(kafka, "test-writer")) {
            script.write(new TurnWriter(producer, ResponseId.parse(id)));
            producer.flush();
        }
    }

    /** In the first seconds a submission may be under way; the ids of those are returned. */
    private static Set<String> refusedUntilItIsKnown(RunningIngress service) throws Exception {
        Set<String> unknown = new HashSet<>();
        List<String> seen = new ArrayList<>();
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        do {
            long start = System.nanoTime();
            HttpResponse<String> answer = service.post("/responses", BODY);
            String code = assert503(answer);
            seen.add("%s after %d ms"
                    .formatted(code, Duration.ofNanos(System.nanoTime() - start).toMillis()));
            if (code.equals("submission_unknown")) {
                Matcher id = ID.matcher(answer.body());
                assertThat(id.find()).as(answer.body()).isTrue();
                unknown.add(id.group());
                assertThat(answer.headers().firstValue("x-should-retry")).hasValue("false");
            }
            assertThat(System.nanoTime()).isLessThan(end);
        } while (service.health() != 503);
        LOG.warn("While nobody knew: {}", seen);
        return unknown;
    }

    private static void refusedAtOnce(RunningIngress service) throws Exception {
        long start = System.nanoTime();
        assertThat(assert503(service.post("/responses", BODY))).isEqualTo("service_unavailable");
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        LOG.warn("Once it was known: {} ms", took.toMillis());
        assertThat(took).isLessThan(Duration.ofSeconds(1));
    }

    private static String assert503(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).hasValue("2");
        String code = RunningIngress.json(answer).at("/error/code").stringValue();
        assertThat(code).isIn("service_unavailable", "submission_unknown");
        return code;
    }

    private static void assertLogAgrees(
            RunningIngress service, KafkaSettings kafka, Set<String> accepted, Set<String> unknown) throws Exception {
        List<String> inLog;
        try (RequestsInLog log = new RequestsInLog(kafka, "test-reads")) {
            inLog = log.all().stream().map(Request::responseId).toList();
        }
        LOG.warn("{} of {} unknown submissions are in the log", inLog.size() - accepted.size(), unknown.size());
        assertThat(inLog).doesNotHaveDuplicates().containsAll(accepted);
        assertThat(unknown)
                .containsAll(inLog.stream().filter(id -> !accepted.contains(id)).toList());
        for (String id : unknown) {
            int status = service.get("/responses/" + id).statusCode();
            // Of what is not in the log only the archive could tell, and there is none
            assertThat(status).isEqualTo(inLog.contains(id) ? 200 : 503);
        }
    }
}
