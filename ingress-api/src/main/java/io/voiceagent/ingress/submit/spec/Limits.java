package io.voiceagent.ingress.submit.spec;

/** Bounds of what a stranger may send. Lengths are in UTF-16 code units unless said otherwise. */
public final class Limits {
    /** Bytes of a request body. */
    public static final int BODY_BYTES = 10 * 1024 * 1024;
    /** Nesting of arrays and objects. */
    public static final int JSON_DEPTH = 64;
    /** Tokens of a body: what bounds the memory that a small body of many tiny values would take. */
    public static final int JSON_TOKENS = 200_000;
    /** Digits of a number. */
    public static final int NUMBER_CHARS = 100;
    /** Length of a field's name. */
    public static final int NAME_CHARS = 1_000;
    /** Entries of {@code input}. */
    public static final int INPUT_ITEMS = 2_000;
    /** Items that a conversation begins with, or that are added to it at once. */
    public static final int CONVERSATION_ITEMS = 20;
    /** Parts of one item's content. */
    public static final int CONTENT_PARTS = 1_000;
    /** Images of all input. */
    public static final int IMAGES = 50;
    /** Length of an image's {@code https} URL. */
    public static final int IMAGE_URL_CHARS = 8_192;
    /** Length of an image's {@code data} URL: about 2.2 MB of image; what the log takes in all bounds their sum. */
    public static final int IMAGE_DATA_CHARS = 3_000_000;
    /** Entries of {@code tools}. */
    public static final int TOOLS = 128;
    /** Length of a tool's description. */
    public static final int TOOL_DESCRIPTION_CHARS = 16_384;
    /** Length of {@code model}, of call ids and of item ids. */
    public static final int ID_CHARS = 256;
    /** Pairs of {@code metadata}. */
    public static final int METADATA_PAIRS = 16;
    /** Length of a key of {@code metadata}. */
    public static final int METADATA_KEY_CHARS = 64;
    /** Length of a value of {@code metadata}. */
    public static final int METADATA_VALUE_CHARS = 512;
    /** Length of {@code safety_identifier} and {@code prompt_cache_key}. */
    public static final int TAG_CHARS = 256;
    /** Length of any other text: as long as the body allows. */
    public static final int TEXT_CHARS = BODY_BYTES;

    private Limits() {}
}
