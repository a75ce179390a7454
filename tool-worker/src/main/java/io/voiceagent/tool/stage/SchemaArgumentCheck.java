package io.voiceagent.tool.stage;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.ArgumentCheck;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;

/** Checks arguments by JSON Schema 2020-12. Thread-safe. */
public final class SchemaArgumentCheck implements ArgumentCheck {
    private static final int MAX_VIOLATIONS = 5;
    private static final int MAX_VIOLATION_CHARS = 200;

    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    /** By the hash of the description: as many as there are tools. */
    private final Map<String, Schema> schemas = new ConcurrentHashMap<>();

    @Override
    public Verdict check(ToolDescription tool, String arguments) {
        if (arguments.length() > MAX_CHARS) {
            return violates("the arguments have " + arguments.length() + " characters, more than " + MAX_CHARS);
        }
        JsonNode tree;
        try {
            tree = Json.tree(arguments.isBlank() ? "{}" : arguments);
        } catch (MalformedMessageException e) {
            return violates(bounded("the arguments are " + e.getMessage()));
        }
        if (!tree.isObject()) {
            return violates("the arguments must be a JSON object");
        }
        Schema schema = schemas.computeIfAbsent(tool.hash(), hash -> registry.getSchema(tool.parameters()));
        List<Error> errors = schema.validate(tree);
        return errors.isEmpty()
                ? new Verdict.Fits(tree)
                : new Verdict.Violates(errors.stream()
                        .limit(MAX_VIOLATIONS)
                        .map(SchemaArgumentCheck::tell)
                        .toList());
    }

    private static Verdict violates(String what) {
        return new Verdict.Violates(List.of(what));
    }

    /** As {@code order/count: …}; what is wrong with the object itself names the argument in its own words. */
    private static String tell(Error error) {
        String place = error.getInstanceLocation().toString();
        return bounded(place.isEmpty() ? error.getMessage() : place.substring(1) + ": " + error.getMessage());
    }

    private static String bounded(String text) {
        return text.length() <= MAX_VIOLATION_CHARS ? text : text.substring(0, MAX_VIOLATION_CHARS) + "…";
    }
}
