package io.voiceagent.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.ArgumentCheck.Verdict;
import io.voiceagent.tool.core.Catalogue;
import io.voiceagent.tool.core.Descriptions;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolCall;
import io.voiceagent.tool.stage.SchemaArgumentCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What holds for every tool. */
@Timeout(30)
public abstract class ToolContract {
    private final SchemaArgumentCheck check = new SchemaArgumentCheck();

    /** The tool, ready to run. */
    protected abstract Tool tool();

    /** Arguments that it can do something with, as a model would write them. */
    protected abstract String example();

    /** A run with these arguments, as the stage would do it. */
    protected final Run call(String arguments) {
        Verdict verdict = check.check(tool().description(), arguments);
        if (verdict instanceof Verdict.Fits(JsonNode checked)) {
            return new Run(checked, new CopyOnWriteArrayList<>());
        }
        throw new AssertionError("the arguments do not fit: " + verdict);
    }

    protected record Run(JsonNode arguments, List<String> progressed) implements ToolCall {
        @Override
        public String idempotencyKey() {
            return "resp_1/0/0";
        }

        @Override
        public void progress(String status) {
            progressed.add(status);
        }
    }

    @Test
    void itsDescriptionIsStableAndHashed() {
        ToolDescription description = tool().description();

        assertThat(tool().description()).isEqualTo(description);
        assertThat(description.hash()).isEqualTo(Descriptions.hash(description)).matches("[0-9a-f]{32}");
        assertThat(description.name()).matches("[a-zA-Z0-9_-]{1,64}");
        assertThat(description.description()).isNotBlank();
        assertThat(Duration.ofMillis(description.timeoutMillis()))
                .isBetween(Duration.ofMillis(1), Descriptions.MAX_TIMEOUT);
        assertThat(new Catalogue(List.of(tool())).find(description.name(), description.hash()))
                .isInstanceOf(Catalogue.Match.Offered.class);
    }

    @Test
    void itsSchemaIsOneAndTakesNothingUnknown() {
        ToolDescription description = tool().description();
        var metaSchema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));

        assertThat(metaSchema.validate(description.parameters())).isEmpty();
        ObjectNode unknown = (ObjectNode) Json.tree(example());
        unknown.put("no_such_field", 1);
        assertThat(check.check(description, unknown.toString()))
                .isInstanceOfSatisfying(
                        Verdict.Violates.class,
                        v -> assertThat(v.violations().toString()).contains("no_such_field"));
        description
                .parameters()
                .path("properties")
                .properties()
                .forEach(property -> assertThat(
                                property.getValue().path("description").asString(""))
                        .as("description of " + property.getKey())
                        .isNotBlank());
    }

    @Test
    void theExampleGivesAnAnswerWithinTheBounds() throws Exception {
        Run call = call(example());
        long begin = System.nanoTime();
        String answer = tool().run(call);

        assertThat(answer)
                .isNotBlank()
                .hasSizeLessThanOrEqualTo(tool().description().maxResultChars());
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isLessThan(
                        Duration.ofMillis(tool().description().timeoutMillis()).plusSeconds(1));
        assertThat(call.progressed()).allSatisfy(status -> assertThat(status).matches("[a-z_]+"));
    }

    @Test
    void callsRunSideBySide() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> calls = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                calls.add(() -> tool().run(call(example())));
            }
            for (Future<String> answer : threads.invokeAll(calls)) {
                assertThat(answer.get()).isNotBlank();
            }
        }
    }

    @Test
    void anArgumentOfTheWrongTypeNeverReachesIt() {
        ToolDescription description = tool().description();
        for (String name : description.parameters().path("properties").propertyNames()) {
            ObjectNode wrong = (ObjectNode) Json.tree(example());
            wrong.putObject(name);
            assertThatThrownBy(() -> call(wrong.toString())).hasMessageContaining(name);
        }
    }
}
