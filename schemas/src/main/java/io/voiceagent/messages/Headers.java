package io.voiceagent.messages;

/** Names of the Kafka record headers. All values are UTF-8 text. */
public final class Headers {
    /** W3C Trace Context, see <a href="https://www.w3.org/TR/trace-context/">the specification</a>. */
    public static final String TRACEPARENT = "traceparent";
    /** W3C Trace Context vendor state. */
    public static final String TRACESTATE = "tracestate";
    /** The id of the response that the record belongs to; lets a reader filter without decoding the value. */
    public static final String RESPONSE_ID = "response-id";
    /** The value's {@code type} discriminator; lets a reader skip what it does not need. */
    public static final String TYPE = "type";
    /** Major version of the value's schema, a decimal integer. A reader dead-letters what is above {@link #CURRENT_SCHEMA_VERSION}. */
    public static final String SCHEMA_VERSION = "schema-version";
    /** Version that this code writes and the highest that it reads. */
    public static final int CURRENT_SCHEMA_VERSION = 1;
    /** On dead-letter topics: why the reader gave up. */
    public static final String DLT_REASON = "dlt-reason";
    /** On dead-letter topics: the topic that the record was read from. */
    public static final String DLT_TOPIC = "dlt-topic";
    /** On dead-letter topics: the partition that the record was read from. */
    public static final String DLT_PARTITION = "dlt-partition";
    /** On dead-letter topics: the offset that the record was read at. */
    public static final String DLT_OFFSET = "dlt-offset";
    /** On dead-letter topics: how large the value was that was too large to be copied, bytes; absent when it was copied. */
    public static final String DLT_OMITTED_BYTES = "dlt-omitted-bytes";
    /** On a record that was written again by hand: the dead letter that it was, {@code TOPIC-PARTITION@OFFSET}. */
    public static final String DLT_REPLAYED = "dlt-replayed";
    /** On dead-letter topics, on a record that is no dead letter but a note: the one of that offset was written again. */
    public static final String DLT_NOTE = "dlt-note";

    private Headers() {}
}
