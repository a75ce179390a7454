package io.voiceagent.transport.deadletters;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** What strangers wrote, made fit for a terminal. */
final class Text {
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"?|'[^']*'?|`[^`]*`?");

    private Text() {}

    /** The text without what a terminal would obey, on one line, and no longer than {@code most} characters. */
    static String clean(String text, int most) {
        StringBuilder clean = new StringBuilder();
        text.codePoints()
                .limit(most)
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
                .forEach(clean::appendCodePoint);
        return text.codePointCount(0, text.length()) > most ? clean.append('…').toString() : clean.toString();
    }

    /** A reason without what it quotes of the record, which a user may have written. */
    static String unquoted(String reason) {
        return QUOTED.matcher(reason).replaceAll("…");
    }

    /** The bytes as text when they are text, else in hexadecimal digits; as far as {@code most} bytes go. */
    static String of(byte[] bytes, int most) {
        int shown = Math.min(bytes.length, most);
        String rest = bytes.length > shown ? "\n… and %,d bytes more".formatted(bytes.length - shown) : "";
        try {
            CharSequence text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            String begin = text.toString();
            int cut = Math.min(begin.length(), shown);
            return clean(begin.substring(0, cut), cut) + rest;
        } catch (CharacterCodingException e) {
            return HexFormat.ofDelimiter(" ").formatHex(bytes, 0, shown) + rest;
        }
    }
}
