package io.voiceagent.archiver.backup;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which tables there are to back up. New tables of the archive's schemas are among them by themselves. */
final class Catalogue {

    /** The schemas that the archiver makes. The history of backups would restore a past that knows less than the files. */
    private static final String RELATIONS = """
            SELECT n.nspname, coalesce(parent.relname, c.relname) AS table, parent.relname IS NOT NULL AS part, c.relname,
                   array(SELECT attname::text FROM pg_attribute
                         WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                         ORDER BY attnum) AS columns
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            LEFT JOIN pg_class parent ON parent.oid = i.inhparent
            WHERE n.nspname IN ('public', 'responses') AND c.relkind = 'r'
              AND c.relname NOT IN ('schema_migrations', 'backup_history')
            ORDER BY 1, 2, 4""";

    private static final String VERSION = """
            SELECT version FROM %s.schema_migrations WHERE success AND version IS NOT NULL
            ORDER BY installed_rank DESC LIMIT 1""";

    private static final Pattern DAY = Pattern.compile(".*_p(\\d{8})");

    private Catalogue() {}

    static List<Relation> relations(Connection connection) throws SQLException {
        List<Relation> relations = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(RELATIONS)) {
            while (rows.next()) {
                String part = rows.getBoolean("part") ? rows.getString("relname") : null;
                relations.add(new Relation(
                        rows.getString("nspname"),
                        rows.getString("table"),
                        part,
                        part == null ? null : day(part),
                        texts(rows.getArray("columns"))));
            }
        }
        return relations;
    }

    /** The last migration of each schema. */
    static Map<String, String> schemaVersions(Connection connection) throws SQLException {
        Map<String, String> versions = new TreeMap<>();
        for (String schema : List.of("public", "responses")) {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(VERSION.formatted(schema))) {
                if (rows.next()) {
                    versions.put(schema, rows.getString(1));
                }
            }
        }
        return versions;
    }

    static boolean exists(Connection connection, Relation relation) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            statement.setString(1, relation.quotedTable());
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    private static @Nullable LocalDate day(String part) {
        Matcher day = DAY.matcher(part);
        return day.matches() ? LocalDate.parse(day.group(1), DateTimeFormatter.BASIC_ISO_DATE) : null;
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }
}
