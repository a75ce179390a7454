package io.voiceagent.format;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.ValidationLimitExceededException;
import com.networknt.schema.dialect.DialectId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The {@code text.format} of a request, as far as it can be violated: a JSON object, or JSON of a schema. Holds what the compiled schema
 * needs for one check after the other; confined to one thread at a time.
 *
 * <p>Schemas are of strangers, and are run against text that they chose too. So they refer to nothing outside of themselves, are bounded in
 * size, and a check is bounded in steps, in depth, and in the work of its patterns.
 *
 * @see <a href="https://json-schema.org/draft/2020-12">JSON Schema 2020-12</a>, which also holds where {@code $schema} names another version
 */
public final class AnswerFormat {
    /** Longest schema, characters of its JSON text. */
    public static final int MAX_SCHEMA_CHARS = 200_000;

    private static final int MAX_VIOLATIONS = 5;
    private static final int MAX_VIOLATION_CHARS = 200;
    private static final long MAX_STEPS = 1_000_000;
    private static final int MAX_DEPTH = 500;
    private static final long MAX_PATTERN_STEPS = 20_000_000;
    /** References that are resolved by what was evaluated before, and those of other versions of the language. */
    private static final Set<String> REFUSED = Set.of("$dynamicRef", "$recursiveRef", "$vocabulary");

    private static final Map<String, String> DIALECTS = Map.of(
            "https://json-schema.org/draft/2020-12/schema", DialectId.DRAFT_2020_12,
            "https://json-schema.org/draft/2019-09/schema", DialectId.DRAFT_2019_09,
            "http://json-schema.org/draft-07/schema", DialectId.DRAFT_7);

    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final @Nullable Schema schema;
    private final AtomicLong patternSteps = new AtomicLong();

    private AnswerFormat(@Nullable JsonNode schema) {
        this.schema = schema == null ? null : compile(schema);
    }

    /**
     * What the {@code text} object of a request asks for; empty when every text is an answer.
     *
     * @throws InvalidSchemaException when it has a schema that is none
     */
    public static Optional<AnswerFormat> of(@Nullable JsonNode text) {
        if (text == null) {
            return Optional.empty();
        }
        JsonNode format = text.path("format");
        return switch (format.path("type").asString("")) {
            case "json_object" -> Optional.of(new AnswerFormat(null));
            case "json_schema" -> Optional.of(new AnswerFormat(format.path("schema")));
            default -> Optional.empty();
        };
    }

    /** In what {@code answer} is not of this format; bounded in number and length, empty when it is. */
    public List<String> violations(String answer) {
        JsonNode tree;
        try {
            tree = STRICT.readTree(answer);
        } catch (JacksonException e) {
            return List.of("it is not one JSON value" + (e.getLocation() == null ? "" : " (" + place(e) + ")"));
        }
        if (tree.isMissingNode()) {
            return List.of("it is empty");
        }
        if (schema == null) {
            return tree.isObject() ? List.of() : List.of("it is not a JSON object");
        }
        return violations(schema, tree);
    }

    private static String place(JacksonException e) {
        return "line %d, column %d"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    }

    private List<String> violations(Schema compiled, JsonNode tree) {
        patternSteps.set(MAX_PATTERN_STEPS);
        try {
            return compiled
                    .validate(
                            tree,
                            context -> context.executionConfig(config ->
                                    config.maxEvaluationSteps(MAX_STEPS).maxEvaluationDepth(MAX_DEPTH)))
                    .stream()
                    .limit(MAX_VIOLATIONS)
                    .map(AnswerFormat::tell)
                    .toList();
        } catch (ValidationLimitExceededException
                | BoundedPattern.TooLongException
                | SchemaException
                | StackOverflowError e) {
            // Nobody can tell, and to pass it would promise what was not checked
            return List.of("it could not be checked: the schema takes too many steps");
        }
    }

    /** As {@code /order/count: …}. */
    private static String tell(Error error) {
        String place = error.getInstanceLocation().toString();
        String text = place.isEmpty() ? error.getMessage() : place + ": " + error.getMessage();
        return text.length() <= MAX_VIOLATION_CHARS ? text : text.substring(0, MAX_VIOLATION_CHARS) + "…";
    }

    // ---- the schema

    private Schema compile(JsonNode schema) {
        if (!schema.isObject()) {
            throw new InvalidSchemaException("it must be an object");
        }
        if (schema.toString().length() > MAX_SCHEMA_CHARS) {
            throw new InvalidSchemaException("it has more than %d characters".formatted(MAX_SCHEMA_CHARS));
        }
        String dialect = dialect(schema);
        requireSelfContained(schema);
        requireOfDialect(schema, dialect);
        try {
            Schema compiled = SchemaRegistry.withDefaultDialectId(
                            dialect,
                            builder -> builder.schemaRegistryConfig(SchemaRegistryConfig.builder()
                                    .regularExpressionFactory(BoundedPattern.factory(patternSteps))
                                    .build()))
                    .getSchema(schema);
            compiled.initializeValidators();
            return compiled;
        } catch (SchemaException | IllegalArgumentException | StackOverflowError e) {
            throw new InvalidSchemaException("a reference or pattern of it does not work");
        }
    }

    private static String dialect(JsonNode schema) {
        JsonNode named = schema.get("$schema");
        if (named == null) {
            return DialectId.DRAFT_2020_12;
        }
        String dialect = DIALECTS.get(named.asString("").replaceFirst("#$", ""));
        if (dialect == null) {
            throw new InvalidSchemaException("its $schema must be JSON Schema 2020-12, 2019-09 or draft 7");
        }
        return dialect;
    }

    private static void requireSelfContained(JsonNode root) {
        Deque<JsonNode> open = new ArrayDeque<>(List.of(root));
        while (!open.isEmpty()) {
            JsonNode node = open.pop();
            for (String name : REFUSED) {
                if (node.has(name)) {
                    throw new InvalidSchemaException("it must not use %s".formatted(name));
                }
            }
            JsonNode ref = node.get("$ref");
            if (ref != null && ref.isString() && !ref.stringValue().startsWith("#")) {
                throw new InvalidSchemaException("its $ref must begin with '#': nothing outside of it is read");
            }
            node.values().forEach(open::push);
        }
    }

    private static void requireOfDialect(JsonNode schema, String dialect) {
        List<Error> errors = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(SchemaLocation.of(dialect))
                .validate(schema);
        if (!errors.isEmpty()) {
            throw new InvalidSchemaException(tell(errors.getFirst()));
        }
    }
}
