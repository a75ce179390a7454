package io.voiceagent.archiver.backup;

import java.time.LocalDate;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A table without partitions, or one partition: what rows lie in.
 *
 * @param day the UTC day of a day partition; null for everything else
 * @param columns all of them, in the table's order
 */
record Relation(
        String schema,
        String table,
        @Nullable String part,
        @Nullable LocalDate day,
        List<String> columns) {

    /** The relation that has the rows, quoted. */
    String quoted() {
        return quote(schema) + "." + quote(part == null ? table : part);
    }

    /** The table or the partition's parent, quoted. */
    String quotedTable() {
        return quote(schema) + "." + quote(table);
    }

    String quotedColumns() {
        return columns.stream().map(Relation::quote).collect(Collectors.joining(", ", "(", ")"));
    }

    /** As people know it. */
    String display() {
        return schema + "." + (part == null ? table : part);
    }

    /** An identifier, whatever it holds (PostgreSQL, "Lexical Structure"). */
    static String quote(String identifier) {
        return "\"" + identifier.replace("\"", "\"\"") + "\"";
    }
}
