package io.voiceagent.messages;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The published JSON Schemas say what the records say, and the golden files fit them.
 *
 * <p>After a change of a message: run with {@code -Dgolden.write=true} to write the schemas anew, and read the difference.
 */
class JsonSchemasTest {
    private static final Path SCHEMAS = Path.of("src/main/resources/schemas/v1");
    private static final Path GOLDEN = Path.of("src/test/resources/golden/v1");
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    @TestFactory
    Stream<DynamicTest> everySchemaIsPublishedAsTheRecordIs() throws IOException {
        SchemaGenerator generator =
                new SchemaGenerator(JavadocIndex.of(Path.of("src/main/java/io/voiceagent/messages")));
        Files.createDirectories(SCHEMAS);
        return Samples.all().entrySet().stream()
                .map(sample -> DynamicTest.dynamicTest(sample.getKey(), () -> verify(generator, sample)));
    }

    private static void verify(SchemaGenerator generator, Map.Entry<String, Object> sample) throws IOException {
        ObjectNode schema =
                generator.generate(sample.getKey(), sample.getValue().getClass());
        String text = Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(schema) + "\n";
        Path file = SCHEMAS.resolve(sample.getKey() + ".json");
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(file, text);
        }
        assertThat(file).content().isEqualTo(text);
    }

    @TestFactory
    Stream<DynamicTest> everyGoldenFileFitsItsSchema() {
        return Samples.all().keySet().stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    Schema schema = schema(name);
                    String golden = Files.readString(GOLDEN.resolve(name + ".json"));
                    assertThat(schema.validate(golden, InputFormat.JSON)).isEmpty();
                }));
    }

    @Test
    void aSchemaRefusesAnotherTypeAndAMissingField() throws IOException {
        Schema busy = schema("call_result.busy");
        String stopped = Files.readString(GOLDEN.resolve("call_result.never_started.json"));
        assertThat(busy.validate(stopped, InputFormat.JSON)).isNotEmpty();
        assertThat(busy.validate("{\"type\":\"busy\"}", InputFormat.JSON)).isNotEmpty();
    }

    private static Schema schema(String name) throws IOException {
        return REGISTRY.getSchema(Files.readString(SCHEMAS.resolve(name + ".json")), InputFormat.JSON);
    }
}
