package io.voiceagent.archiver.query;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Values of a statement's parameters. */
final class Bound {

    private enum Null {
        TEXT
    }

    private Bound() {}

    /** The text, or what stands for null in a list of values. */
    static Object orNull(@Nullable String text) {
        return text == null ? Null.TEXT : text;
    }

    /** Sets the parameters in their order. */
    static void to(PreparedStatement statement, List<?> values) throws SQLException {
        int index = 1;
        for (Object value : values) {
            switch (value) {
                case Null _ -> statement.setNull(index, Types.VARCHAR);
                case String[] texts ->
                    statement.setArray(index, statement.getConnection().createArrayOf("text", texts));
                default -> statement.setObject(index, value);
            }
            index++;
        }
    }
}
