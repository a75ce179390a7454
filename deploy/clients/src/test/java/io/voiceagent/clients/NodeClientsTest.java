package io.voiceagent.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.voiceagent.clients.ApiUnderTest.Access;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/**
 * Client libraries of npm: their own programs in {@code src/test/node}, each of whose cases is a test here. Skipped where there is no node,
 * or no registry to take the libraries from.
 */
@Timeout(240)
@ExtendWith(ApiUnderTest.class)
class NodeClientsTest {
    private static final Path SOURCES = Path.of("src/test/node");
    private static final Path HOME = Path.of("target/node");
    private static final int OLDEST_NODE = 20;
    private static final Pattern NO_REGISTRY =
            Pattern.compile("ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|ERR_SOCKET_TIMEOUT");

    @BeforeAll
    static void install() throws Exception {
        requireNode();
        Files.createDirectories(HOME);
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, HOME.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Path installed = HOME.resolve("installed.json");
        Path lock = HOME.resolve("package-lock.json");
        if (Files.exists(installed) && Files.mismatch(installed, lock) < 0) {
            return;
        }
        Result npm = run(List.of("npm", "ci", "--prefer-offline"), null);
        if (npm.status() != 0) {
            if (NO_REGISTRY.matcher(npm.output()).find()) {
                abort("no client of npm was tested: the registry can't be reached, npm said " + npm.output());
            }
            fail("npm ci: " + npm.output());
        }
        Files.copy(lock, installed);
    }

    @TestFactory
    Stream<DynamicTest> openai(Access access) throws Exception {
        return cases(access, "openai.mjs");
    }

    @TestFactory
    Stream<DynamicTest> aiWithOpenai(Access access) throws Exception {
        return cases(access, "ai.mjs", "openai");
    }

    @TestFactory
    Stream<DynamicTest> aiWithOpenResponses(Access access) throws Exception {
        return cases(access, "ai.mjs", "open-responses");
    }

    private static Stream<DynamicTest> cases(Access access, String... program) throws Exception {
        List<String> command = new ArrayList<>(List.of("node"));
        command.addAll(Arrays.asList(program));
        Result ran = run(command, access);
        List<JsonNode> cases = ran.output()
                .lines()
                .filter(line -> line.startsWith("{\"name\""))
                .map(Dialect.JSON::readTree)
                .toList();
        assertThat(ran.status()).as(ran.output()).isZero();
        assertThat(cases).as(ran.output()).isNotEmpty();
        System.out.println("Cases of " + String.join(" ", program) + ": " + cases.size());
        return cases.stream()
                .map(line -> DynamicTest.dynamicTest(
                        line.path("name").stringValue(),
                        () -> assertThat(line.path("error").asString("")).isEmpty()));
    }

    private static void requireNode() throws InterruptedException {
        try {
            String version = run(List.of("node", "--version"), null).output().strip();
            int major = Integer.parseInt(version.replaceFirst("^v(\\d+)\\..*$", "$1"));
            if (major < OLDEST_NODE) {
                abort("no client of npm was tested: node is %s, %d or newer is needed".formatted(version, OLDEST_NODE));
            }
        } catch (IOException notThere) {
            abort("no client of npm was tested: there is no node here, install version %d or newer"
                    .formatted(OLDEST_NODE));
        }
    }

    private record Result(int status, String output) {}

    private static Result run(List<String> command, @Nullable Access access) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("NO_COLOR", "1");
        if (Files.isDirectory(HOME)) {
            builder.directory(HOME.toFile());
        }
        if (access != null) {
            builder.environment().put("API_BASE_URL", access.baseUrl());
            builder.environment().put("API_KEY", access.apiKey());
            builder.environment().put("WEBHOOK_INBOX", access.inbox().url());
            builder.environment().put("WEBHOOK_SECRET", WebhookInbox.SECRET);
        }
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            fail("still running: " + command);
        }
        return new Result(process.exitValue(), output);
    }
}
