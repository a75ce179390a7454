package io.voiceagent.archiver.backup;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one table, or of one partition of it, in one file.
 *
 * @param schema the table's schema
 * @param table the table, or the parent of the partition
 * @param part the partition; null: the table has none
 * @param day the UTC day that the partition is for; null: no partition, or the default one
 * @param columns in the order of the file
 * @param backup the name of the backup that has the file: this one's or its base's
 * @param file its name there; gzip of COPY's text format
 * @param rows how many
 * @param rowSum sum of the rows' checksums, 16 hex digits
 * @param rawBytes length before compression
 * @param bytes length of the file
 * @param sha256 of the file, 64 hex digits
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Chunk(
        String schema,
        String table,
        @Nullable String part,
        @Nullable LocalDate day,
        List<String> columns,
        String backup,
        String file,
        long rows,
        @JsonProperty("row_sum") String rowSum,
        @JsonProperty("raw_bytes") long rawBytes,
        long bytes,
        String sha256) {

    /** Where the rows were: the partition if there is one. */
    Relation relation() {
        return new Relation(schema, table, part, day, columns);
    }
}
