package io.voiceagent.messages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/**
 * Every golden file is a message as an earlier version wrote it. It must be read by today's code without loss, and what today's code writes must
 * hold every field that it has, of the same type: a field may be added, never removed, renamed or retyped.
 *
 * <p>A new message or field: run with {@code -Dgolden.write=true}, which adds what is missing and never touches what is there.
 */
class GoldenFilesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/v1");
    private static final Set<Class<?>> ROOTS =
            Set.of(Request.class, StepEvent.class, Call.class, CallResult.class, Frame.class, Announcement.class);

    @TestFactory
    Stream<DynamicTest> everyGoldenFileIsReadAndWrittenWithoutLoss() throws IOException {
        if (Boolean.getBoolean("golden.write")) {
            writeMissing();
        }
        Map<String, Object> samples = Samples.all();
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.list(GOLDEN)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString().replaceFirst("(\\.[0-9]+)?\\.json$", "");
                Object sample = samples.get(name);
                tests.add(DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    assertThat(sample)
                            .as("a golden file whose message is gone: " + name)
                            .isNotNull();
                    verify(Files.readAllBytes(file), Objects.requireNonNull(sample));
                }));
            }
        }
        return tests.stream();
    }

    private static void verify(byte[] golden, Object sample) {
        Class<?> root = rootOf(sample.getClass());
        Object read = Json.read(golden, root);
        assertThat(read).isInstanceOf(sample.getClass());
        JsonNode before = Json.tree(new String(golden, StandardCharsets.UTF_8));
        JsonNode after = Json.tree(Json.text(read));
        assertThat(losses("", before, after)).as("fields lost or retyped").isEmpty();
    }

    @Test
    void everyMessageHasASampleAndEverySampleAGoldenFile() {
        Set<Class<?>> sampled =
                Samples.all().values().stream().map(Object::getClass).collect(Collectors.toSet());
        for (Class<?> root : ROOTS) {
            assertThat(sampled).as("samples of " + root.getSimpleName()).containsAll(concrete(root));
        }
        for (String name : Samples.all().keySet()) {
            assertThat(GOLDEN.resolve(name + ".json")).exists();
        }
    }

    @Test
    void aRemovedRenamedOrRetypedFieldIsFound() {
        JsonNode before = Json.tree("{\"a\":1,\"b\":{\"c\":[{\"d\":\"x\"}]}}");
        assertThat(losses("", before, Json.tree("{\"b\":{\"c\":[{\"d\":\"x\"}]}}")))
                .containsExactly("/a");
        assertThat(losses("", before, Json.tree("{\"a\":1,\"b\":{\"c\":[{\"e\":\"x\"}]}}")))
                .containsExactly("/b/c/0/d");
        assertThat(losses("", before, Json.tree("{\"a\":\"1\",\"b\":{\"c\":[{\"d\":\"x\"}]}}")))
                .containsExactly("/a");
        assertThat(losses("", before, Json.tree("{\"a\":1,\"b\":{\"c\":[{\"d\":\"x\"}]},\"n\":2}")))
                .isEmpty();
    }

    @Test
    void fieldsOfANewerVersionAreIgnored() {
        byte[] newer =
                "{\"type\":\"busy\",\"ref\":{\"responseId\":\"r\",\"step\":0,\"call\":0,\"attempt\":0,\"new\":1},\"conversation\":\"c\",\"incarnation\":\"i\",\"added\":{}}"
                        .getBytes(StandardCharsets.UTF_8);
        assertThat(Json.read(newer, CallResult.class)).isInstanceOf(CallResult.Busy.class);
    }

    private static List<String> losses(String path, JsonNode before, JsonNode after) {
        List<String> losses = new ArrayList<>();
        if (before.isObject() && after.isObject()) {
            before.properties().forEach(field -> {
                JsonNode now = after.get(field.getKey());
                String at = path + "/" + field.getKey();
                if (now == null) {
                    losses.add(at);
                } else {
                    losses.addAll(losses(at, field.getValue(), now));
                }
            });
        } else if (before.isArray() && after.isArray() && before.size() == after.size()) {
            for (int i = 0; i < before.size(); i++) {
                losses.addAll(losses(path + "/" + i, before.get(i), after.get(i)));
            }
        } else if (!before.equals(after)) {
            losses.add(path);
        }
        return losses;
    }

    private static Class<?> rootOf(Class<?> type) {
        return ROOTS.stream()
                .filter(root -> root.isAssignableFrom(type))
                .findFirst()
                .orElse(type);
    }

    static List<Class<?>> concrete(Class<?> root) {
        Class<?>[] permitted = root.getPermittedSubclasses();
        return permitted == null
                ? List.of(root)
                : Arrays.stream(permitted)
                        .flatMap(type -> concrete(type).stream())
                        .toList();
    }

    private static void writeMissing() throws IOException {
        Files.createDirectories(GOLDEN);
        for (Map.Entry<String, Object> sample : Samples.all().entrySet()) {
            Path file = GOLDEN.resolve(sample.getKey() + ".json");
            if (!Files.exists(file)) {
                Files.writeString(
                        file,
                        Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(sample.getValue()) + "\n");
            }
        }
    }
}
