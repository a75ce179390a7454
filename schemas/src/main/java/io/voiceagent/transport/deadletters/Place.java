package io.voiceagent.transport.deadletters;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.TopicPartition;

/** Where a record is, written {@code TOPIC-PARTITION@OFFSET}, or {@code TOPIC@OFFSET} for partition 0. */
record Place(TopicPartition partition, long offset) {
    private static final Pattern FORM = Pattern.compile("([A-Za-z0-9._-]{1,249}?)(?:-(\\d{1,4}))?@(\\d{1,18})");

    static Place of(String topic, int partition, long offset) {
        return new Place(new TopicPartition(topic, partition), offset);
    }

    /** @throws CommandException when the text is not of that form */
    static Place parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new CommandException(
                    "%s is no place of a record: use TOPIC@OFFSET, as list prints it, such as agent.requests.dlt-0@12"
                            .formatted(Text.clean(text, 100)));
        }
        int partition = form.group(2) == null ? 0 : Integer.parseInt(form.group(2));
        return of(form.group(1), partition, Long.parseLong(form.group(3)));
    }

    @Override
    public String toString() {
        return partition + "@" + offset;
    }
}
