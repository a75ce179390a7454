package io.voiceagent.archiver.backup;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a backup consists of. It is written last: without it there is no backup.
 *
 * @param format {@link #FORMAT}
 * @param name of the backup
 * @param type {@code full} or {@code incremental}
 * @param base the full backup that an incremental one adds to; null for a full one
 * @param takenAt when the state was that is backed up: all chunks are of one snapshot, kafka positions included
 * @param server the version of Postgres
 * @param schemaVersions the last migration of each schema
 * @param chunks all that a restore needs, the base's included
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Manifest(
        int format,
        String name,
        String type,
        @Nullable String base,
        @JsonProperty("taken_at") Instant takenAt,
        String server,
        @JsonProperty("schema_versions") Map<String, String> schemaVersions,
        List<Chunk> chunks) {

    /** The format that is written, and the only one that is read. */
    public static final int FORMAT = 1;

    /** The name of its file. */
    public static final String FILE = "manifest.json";

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** As JSON text. */
    byte[] json() {
        return MAPPER.writeValueAsBytes(this);
    }

    /** @throws BackupException when it is none, or of another format */
    static Manifest of(String backup, byte[] json) throws BackupException {
        Manifest manifest;
        try {
            manifest = MAPPER.readValue(json, Manifest.class);
        } catch (JacksonException e) {
            throw new BackupException("The manifest of backup " + backup + " can't be read. Use another backup", e);
        }
        if (manifest.format != FORMAT) {
            throw new BackupException("Backup %s has format %d, and this version reads %d. Use the version that made it"
                    .formatted(backup, manifest.format, FORMAT));
        }
        return manifest;
    }

    /** Rows of all tables, the base's included. */
    public long rows() {
        return chunks.stream().mapToLong(Chunk::rows).sum();
    }

    /** Bytes of the files that this backup has itself. */
    public long ownBytes() {
        return chunks.stream()
                .filter(chunk -> chunk.backup().equals(name))
                .mapToLong(Chunk::bytes)
                .sum();
    }

    /** Rows of each table. */
    public Map<String, Long> rowsByTable() {
        return chunks.stream()
                .collect(Collectors.groupingBy(
                        chunk -> chunk.schema() + "." + chunk.table(),
                        TreeMap::new,
                        Collectors.summingLong(Chunk::rows)));
    }
}
