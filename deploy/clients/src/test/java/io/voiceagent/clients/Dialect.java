package io.voiceagent.clients;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the API may answer, as JSON Schemas, and checks of answers against them. Strict: a field, an event type or an item type that the
 * schemas do not name is a violation, since there are clients that fail on it.
 */
final class Dialect {
    static final JsonMapper JSON = JsonMapper.shared();

    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final JsonNode DOCUMENT = document();

    private final Map<String, Schema> schemas = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> checked = new ConcurrentSkipListMap<>();

    /** Violations by {@code value} of the definition {@code name}; empty when it fits. */
    List<String> violations(String name, JsonNode value) {
        if (!DOCUMENT.path("$defs").has(name)) {
            return List.of("there is no '%s': %s".formatted(name, value));
        }
        checked.computeIfAbsent(name, n -> new AtomicInteger()).incrementAndGet();
        return schemas.computeIfAbsent(name, Dialect::schema).validate(value).stream()
                .map(error -> "%s %s: %s in %s".formatted(name, error.getInstanceLocation(), error.getMessage(), value))
                .toList();
    }

    /** Violations by a whole stream, event by event and as a sequence. */
    List<String> violations(List<JsonNode> events, boolean fromTheFirst) {
        List<String> found = new ArrayList<>();
        EventSequence sequence = new EventSequence(fromTheFirst);
        for (JsonNode event : events) {
            found.addAll(violations("event:" + event.path("type").asString(""), event));
            found.addAll(sequence.next(event));
        }
        return found;
    }

    /** The same of a stream of many turns, which may begin in the middle of one. */
    List<String> violationsTurnByTurn(List<JsonNode> events) {
        List<String> found = new ArrayList<>();
        List<JsonNode> turn = new ArrayList<>();
        boolean fromTheFirst = false;
        for (JsonNode event : events) {
            if (event.path("type").asString("").equals("response.created")) {
                found.addAll(violations(turn, fromTheFirst));
                turn.clear();
                fromTheFirst = true;
            }
            turn.add(event);
        }
        found.addAll(violations(turn, fromTheFirst));
        return found;
    }

    /** How many values were checked, by definition. */
    Map<String, Integer> checked() {
        Map<String, Integer> counts = new TreeMap<>();
        checked.forEach((name, count) -> counts.put(name, count.get()));
        return counts;
    }

    private static Schema schema(String name) {
        ObjectNode rooted = (ObjectNode) DOCUMENT.deepCopy();
        return REGISTRY.getSchema(rooted.put("$ref", "#/$defs/" + name));
    }

    private static JsonNode document() {
        try (InputStream in = Objects.requireNonNull(Dialect.class.getResourceAsStream("/dialect.schema.json"))) {
            return JSON.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
