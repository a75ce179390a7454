package io.voiceagent.clients;

import io.voiceagent.allinone.RunningSystem;
import io.voiceagent.embedded.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The whole system, started once for all test classes, and the proxy that checks what it answers. A test fails when anything that was
 * answered to it violates the dialect, whether its client minded or not.
 */
final class ApiUnderTest implements BeforeAllCallback, AfterEachCallback, ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(ApiUnderTest.class);

    /**
     * Where the API is, and a key for it.
     *
     * @param baseUrl what is answered there is checked
     * @param systemUrl the system itself, without a path
     * @param inbox where the tenant's webhooks go
     */
    record Access(String baseUrl, String apiKey, String systemUrl, WebhookInbox inbox) {}

    private static final class Running implements AutoCloseable {
        private final RunningSystem system;
        private final CheckingProxy proxy;
        private final WebhookInbox inbox = inbox();
        private final Dialect dialect = new Dialect();
        private final Map<String, Integer> cases = new ConcurrentSkipListMap<>();

        private Running() {
            try {
                Path data = Files.createTempDirectory(Path.of("target"), "system");
                // The tenant whose key clients get
                Path webhooks = Files.writeString(data.resolve("webhooks.json"), inbox.endpoints("local"));
                Path prices = Files.writeString(
                        data.resolve("prices.json"), "{\"*\": {\"input\": 1, \"cached_input\": 0.1, \"output\": 10}}");
                system = RunningSystem.start(
                        data.toAbsolutePath(),
                        Ports.free(),
                        Map.of(
                                "SIM_TTFT_MS",
                                "10",
                                "SIM_TOKENS_PER_SECOND",
                                "1000",
                                "PRICES_FILE",
                                prices.toAbsolutePath().toString(),
                                "WEBHOOKS_FILE",
                                webhooks.toAbsolutePath().toString(),
                                "WEBHOOK_ALLOW_PRIVATE",
                                "true"),
                        new PrintStream(OutputStream.nullOutputStream()));
                proxy = new CheckingProxy(URI.create(system.url()), dialect);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException("the system did not start", e);
            }
        }

        @Override
        public void close() throws IOException {
            System.out.println("Test methods by class: " + cases);
            System.out.println("Checked against the dialect: " + dialect.checked());
            proxy.close();
            system.close();
            inbox.close();
        }

        private static WebhookInbox inbox() {
            try {
                return new WebhookInbox();
            } catch (IOException e) {
                throw new IllegalStateException("there is no place for webhooks", e);
            }
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        running(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Running running = running(context);
        running.proxy.assertNoViolations();
        running.cases.merge(context.getRequiredTestClass().getSimpleName(), 1, Integer::sum);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Access.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Running running = running(context);
        return new Access(
                running.proxy.url() + "/api/v1", running.system.apiKey(), running.system.url(), running.inbox);
    }

    private static Running running(ExtensionContext context) {
        return Objects.requireNonNull(
                context.getRoot().getStore(NAMESPACE).computeIfAbsent("running", key -> new Running(), Running.class));
    }
}
