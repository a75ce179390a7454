package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.voiceagent.allinone.Settings.Servers;
import io.voiceagent.allinone.Settings.SimulatedModel;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import io.voiceagent.manifests.access.AccessRules;
import io.voiceagent.manifests.access.KafkaAccess;
import io.voiceagent.messages.Topics;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PostgresUrl;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * All services against a broker and a Postgres that take nothing but TLS: passwords over it, and certificates that are checked. Each has a
 * user of its own, who may do what {@code deploy/scripts/kafka-access} lets it, and no more.
 */
@Timeout(600)
class EncryptedServersTest {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final String LOGIN =
            "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%1$s\" password=\"%1$s-secret\"%2$s;";

    private static final List<Part> PARTS = List.of(
            new Part(Service.TRACE_ARCHIVER, "archiver", Map.of()),
            new Part(Service.TOOL_WORKER, "tools", Map.of()),
            new Part(Service.AGENT_WORKER, "orchestrator", Map.of("AGENT_ROLES", "orchestrator")),
            new Part(Service.AGENT_WORKER, "worker", Map.of("AGENT_ROLES", "llm")),
            new Part(Service.INGRESS_API, "api", Map.of()));

    @TempDir
    Path directory;

    /** A service with a user of its own. */
    private record Part(Service service, String user, Map<String, String> settings) {}

    /** A certificate that is its own root, and its key, as PEM files. */
    private record Certificate(Path pem, Path key) {}

    private Certificate certificate(String name) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "RSA",
                        "-alias",
                        "tls",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        Certificate made = new Certificate(
                pem(name + ".crt", "CERTIFICATE", keys.getCertificate("tls").getEncoded()),
                pem(name + ".key", "PRIVATE KEY", keys.getKey("tls", PASSWORD).getEncoded()));
        Files.setPosixFilePermissions(made.key, PosixFilePermissions.fromString("rw-------"));
        return made;
    }

    private Path pem(String file, String what, byte[] der) throws Exception {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(
                directory.resolve(file), "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, base64, what));
    }

    private EmbeddedBroker broker(Certificate server) throws Exception {
        Map<String, String> tls = new HashMap<>();
        tls.put("listener.security.protocol.map", "CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT");
        tls.put("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-512");
        tls.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        tls.put(
                "listener.name.client.plain.sasl.jaas.config",
                LOGIN.formatted("broker", " user_broker=\"broker-secret\""));
        tls.put(
                "listener.name.client.scram-sha-512.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;");
        tls.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        // The controller's listener asks for no name
        tls.put("super.users", "User:broker;User:ANONYMOUS");
        tls.put("ssl.keystore.type", "PEM");
        tls.put("ssl.keystore.certificate.chain", Files.readString(server.pem));
        tls.put("ssl.keystore.key", Files.readString(server.key));
        tls.put("ssl.truststore.type", "PEM");
        tls.put("ssl.truststore.certificates", Files.readString(server.pem));
        return EmbeddedBroker.start(directory.resolve("broker"), 0, tls);
    }

    private EmbeddedPostgresServer postgres(Certificate server) {
        Path data = directory.resolve("postgres");
        return EmbeddedPostgresServer.start(
                data,
                0,
                data.resolve("binaries"),
                Map.of("ssl", "on", "ssl_cert_file", server.pem.toString(), "ssl_key_file", server.key.toString()));
    }

    private static Map<String, String> kafka(String bootstrapServers, Path root) {
        return Map.of(
                "KAFKA_BOOTSTRAP_SERVERS", bootstrapServers,
                "KAFKA_SECURITY_PROTOCOL", "SASL_SSL",
                "KAFKA_SASL_MECHANISM", "PLAIN",
                "KAFKA_SASL_JAAS_CONFIG", LOGIN.formatted("broker", ""),
                "KAFKA_SSL_TRUSTSTORE_TYPE", "PEM",
                "KAFKA_SSL_TRUSTSTORE_LOCATION", root.toString(),
                "AGENT_PARTITIONS", "4",
                "CALL_PARTITIONS", "4");
    }

    /** The same as one of the services' users. */
    private static Map<String, String> as(String user) {
        return Map.of(
                "KAFKA_SASL_MECHANISM",
                "SCRAM-SHA-512",
                "KAFKA_SASL_JAAS_CONFIG",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"voice-agent-%1$s-kafka\" password=\"of-%1$s\";"
                        .formatted(user));
    }

    /** Makes topics, rules and passwords as an operator does; does it again, which must change nothing. */
    private static void giveAccess(KafkaSettings administrator) throws Exception {
        List<AclBinding> rules = AccessRules.of(Files.readString(Path.of("../k8s/components/strimzi/users.yaml")));
        Map<String, String> passwords = AccessRules.users(rules).stream()
                .collect(Collectors.toMap(
                        KafkaAccess::passwordVariable, user -> "of-" + user.replaceAll("voice-agent-|-kafka", "")));
        KafkaAccess.Outcome outcome = KafkaAccess.apply(administrator, rules, passwords);
        assertThat(outcome.rules()).hasSameElementsAs(rules);
        assertThat(outcome.passwords()).hasSize(5);
        assertThat(KafkaAccess.apply(administrator, rules, Map.of()).rules()).isEmpty();
    }

    private static Connection connect(EmbeddedPostgresServer server, Map<String, String> more) throws Exception {
        Map<String, String> variables = new HashMap<>(more);
        variables.put("POSTGRES_URL", server.jdbcUrl());
        return DriverManager.getConnection(PostgresUrl.from(Variables.of(variables)), server.user(), server.password());
    }

    @Test
    void aTurnRunsThroughAllServicesOverTlsAndNothingIsSpokenWithoutIt() throws Exception {
        Certificate server = certificate("server");
        Certificate other = certificate("other");
        List<ConfigurableApplicationContext> services = new ArrayList<>();
        try (EmbeddedPostgresServer postgres = postgres(server);
                EmbeddedBroker broker = broker(server);
                Simulator model = Simulator.start(new Settings(Map.of()).simulatorPace());
                DataDirectory data = DataDirectory.open(directory.resolve("data"), false, "http://127.0.0.1:1")) {
            try {
                Settings settings = new Settings(Map.of());
                Map<String, String> common = new HashMap<>(settings.forServices(
                        data,
                        new Servers(
                                broker.bootstrapServers(),
                                postgres.jdbcUrl(),
                                postgres.user(),
                                postgres.password(),
                                new SimulatedModel(model.baseUrl(), model.searchUrl()))));
                common.putAll(kafka(broker.bootstrapServers(), server.pem));
                common.put("POSTGRES_SSLROOTCERT", server.pem.toString());
                giveAccess(KafkaSettings.from(Variables.of(kafka(broker.bootstrapServers(), server.pem))));
                for (Part part : PARTS) {
                    Map<String, String> own = new HashMap<>(common);
                    own.putAll(as(part.user()));
                    own.putAll(part.settings());
                    ConfigurableApplicationContext running = part.service().start(own, 0);
                    services.add(running);
                    // One after the other: each finds what it needs, or says what it may not do
                    await().atMost(Duration.ofSeconds(90))
                            .until(() -> part.service().isReady(running));
                }
                String url = "http://127.0.0.1:"
                        + services.getLast().getEnvironment().getProperty("local.server.port") + "/api/v1/responses";
                String key = Settings.firstKey(settings.apiKeys(data));
                HttpResponse<String> answer = send(
                        HttpRequest.newBuilder(URI.create(url))
                                .header("Authorization", "Bearer " + key)
                                .header("Content-Type", "application/json")
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                "{\"input\":\"What is 17 * 23?\",\"tools\":[{\"type\":\"mcp\",\"server_label\":\"builtin\",\"require_approval\":\"never\"}]}")));
                assertThat(answer.body()).contains("391", "\"status\":\"completed\"");

                try (Connection connection = connect(postgres, Map.of("POSTGRES_SSLROOTCERT", server.pem.toString()));
                        Statement statement = connection.createStatement()) {
                    // Archived, so that the archiver has been there over TLS, too
                    await().atMost(Duration.ofSeconds(30))
                            .until(() -> count(statement, "select count(*) from trace_spans") > 0);
                    String own = "from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'agent_user'";
                    assertThat(count(statement, "select count(*) " + own)).isGreaterThan(1);
                    assertThat(count(statement, "select count(*) " + own + " and not ssl"))
                            .isZero();
                }
            } finally {
                services.reversed().forEach(ConfigurableApplicationContext::close);
            }

            // A tool worker may not read what users ask
            Map<String, String> tools = new HashMap<>(kafka(broker.bootstrapServers(), server.pem));
            tools.putAll(as("tools"));
            try (Consumer<String, byte[]> curious = Consumers.assigned(
                    KafkaSettings.from(Variables.of(tools)),
                    "curious",
                    Consumers.Isolation.READ_COMMITTED,
                    Consumers.Start.EARLIEST)) {
                curious.assign(List.of(new TopicPartition(Topics.REQUESTS, 0)));
                assertThatThrownBy(() -> curious.poll(Duration.ofSeconds(10)))
                        .isInstanceOf(TopicAuthorizationException.class);
            }

            // Without TLS, and with a root that did not sign
            assertThatThrownBy(() -> connect(postgres, Map.of("POSTGRES_SSLMODE", "disable")))
                    .hasMessageContaining("no encryption");
            assertThatThrownBy(() -> connect(postgres, Map.of("POSTGRES_SSLROOTCERT", other.pem.toString())))
                    .hasMessageContaining("SSL error");
            assertThatThrownBy(() -> TopicCreator.ensure(
                            KafkaSettings.from(Variables.of(kafka(broker.bootstrapServers(), other.pem))),
                            Duration.ofSeconds(5)))
                    .hasMessageContaining("SSL handshake failed");
        }
    }

    private static long count(Statement statement, String query) throws Exception {
        try (ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
