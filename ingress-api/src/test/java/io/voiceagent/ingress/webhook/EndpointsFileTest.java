package io.voiceagent.ingress.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.voiceagent.transport.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointsFileTest {
    private static final String SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    private static final String OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    @TempDir
    Path directory;

    @Test
    void endpointsAreFoundByTenantAndEvent() {
        Endpoints endpoints = EndpointsFile.parse("""
                {"acme": [{"url": "https://a.example/h?x=1", "secret": "%s"},
                          {"url": "https://b.example", "secret": ["%s", "%s"], "events": ["response.failed"]}],
                 "globex": []}""".formatted(SECRET, OTHER, SECRET), false);
        assertThat(endpoints.of("acme", EventType.FAILED)).hasSize(2);
        assertThat(endpoints.of("acme", EventType.COMPLETED))
                .extracting(endpoint -> endpoint.url().toString())
                .containsExactly("https://a.example/h?x=1");
        assertThat(endpoints.of("globex", EventType.COMPLETED)).isEmpty();
        assertThat(endpoints.tenants()).containsExactly("acme");
        assertThat(endpoints.all())
                .allSatisfy(each -> assertThat(endpoints.find(each.id())).isEqualTo(each));
    }

    @Test
    void anyChangeOfTheEntryChangesItsFingerprintAndOnlyTenantAndUrlItsId() {
        Endpoint before = only("{\"acme\":[{\"url\":\"https://a.example\",\"secret\":\"%s\"}]}".formatted(SECRET));
        Endpoint after = only("{\"acme\":[{\"url\":\"https://a.example\",\"secret\":\"%s\"}]}".formatted(OTHER));
        Endpoint fewer =
                only("{\"acme\":[{\"url\":\"https://a.example\",\"secret\":\"%s\",\"events\":[\"response.failed\"]}]}"
                        .formatted(SECRET));
        assertThat(after.id()).isEqualTo(before.id()).isEqualTo(fewer.id());
        assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint()).isNotEqualTo(fewer.fingerprint());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nonsense | is not JSON",
                "[] | is not a JSON object",
                "{'acme': {}} | has no list at acme",
                "{'acme': [1]} | has no object at acme[0]",
                "{'acme': [{'url': 'https://a.example', 'secret': 'S', 'sceret': 1}]} | has the unknown field acme[0].sceret",
                "{'acme': [{'secret': 'S'}]} | has no url of at most 2048 characters at acme[0].url",
                "{'acme': [{'url': 'http://a.example', 'secret': 'S'}]} | has a url at acme[0].url that does not begin with https:",
                "{'acme': [{'url': 'https:///x', 'secret': 'S'}]} | has a url at acme[0].url without a host",
                "{'acme': [{'url': 'https://me:pw@a.example', 'secret': 'S'}]} | has a url at acme[0].url without a host, or with a user",
                "{'acme': [{'url': 'https://a b', 'secret': 'S'}]} | has no valid url at acme[0].url",
                "{'acme': [{'url': 'https://a.example'}]} | has no text and no list at acme[0].secret",
                "{'acme': [{'url': 'https://a.example', 'secret': 'hush'}]} | has a secret at acme[0].secret that does not begin with whsec_",
                "{'acme': [{'url': 'https://a.example', 'secret': []}]} | needs 1 to 3 secrets at acme[0].secret",
                "{'acme': [{'url': 'https://a.example', 'secret': 'S', 'events': ['x']}]} | has an unknown event at acme[0].events",
                "{'acme': [{'url': 'https://a.example', 'secret': 'S'}, {'url': 'https://a.example', 'secret': 'S'}]} | repeats a url at acme[1]"
            })
    void aWrongFileIsToldByPlaceAndRemedy(String text, String problem) {
        String json = text.replace('\'', '"').replace("\"S\"", "\"" + SECRET + "\"");
        assertThatThrownBy(() -> EndpointsFile.parse(json, false))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("WEBHOOKS_FILE " + problem)
                .hasMessageContaining("openssl rand -base64 32")
                .message()
                .doesNotContain("hush", SECRET, "me:pw");
    }

    @Property(tries = 300)
    void anyTextIsEitherTakenOrRefusedByName(@ForAll String text) {
        try {
            EndpointsFile.parse(text, true);
        } catch (InvalidSettingException e) {
            assertThat(e).hasMessageStartingWith("WEBHOOKS_FILE ");
        }
    }

    @Test
    void aChangedFileIsTakenAndABadOneLeavesTheOldOne() throws IOException {
        Path file = directory.resolve("webhooks.json");
        Files.writeString(file, "{}");
        try (EndpointsWatch watch = EndpointsWatch.start(file, false, Duration.ofMillis(20))) {
            assertThat(watch.current().all()).isEmpty();
            Files.writeString(file, "{\"acme\":[{\"url\":\"https://a.example\",\"secret\":\"%s\"}]}".formatted(SECRET));
            await().until(() -> watch.current().all().size() == 1);
            Files.writeString(file, "{\"acme\":");
            await().until(() -> watch.problem() != null);
            assertThat(watch.current().all()).hasSize(1);
            Files.delete(file);
            await().until(() -> String.valueOf(watch.problem()).contains("can't be read (NoSuchFileException)"));
            assertThat(watch.current().all()).hasSize(1);
            Files.writeString(file, "{}");
            await().until(() -> watch.problem() == null && watch.current().all().isEmpty());
        }
    }

    @Test
    void withoutAFileThereIsNoStart() {
        assertThatThrownBy(() -> EndpointsWatch.start(directory.resolve("none"), false, Duration.ofSeconds(1)))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("WEBHOOKS_FILE names ");
    }

    private static Endpoint only(String json) {
        return EndpointsFile.parse(json, false).all().iterator().next();
    }
}
