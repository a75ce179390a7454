package io.voiceagent.transport.stage;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Stage;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a stage is and how much it does.
 *
 * @param slots calls at once at the most, 1 to 10,000
 * @param version of the code, for the announcements
 * @param tools name → hash of each tool on offer, asked at each announcement; empty for the model stage
 * @param announceEvery time between announcements
 * @param lease a worker not heard of for this long is dead; after four fifths of it without an acknowledged announcement
 *     no effect is begun
 * @param stopGrace how long a stopped call may take to end before it is reported without its handler
 * @param drainGrace how long running calls may take to end when the stage is closed; then they are stopped and handed back
 */
public record StageOptions(
        Stage stage,
        KafkaSettings kafka,
        int slots,
        String version,
        Supplier<Map<String, String>> tools,
        Duration announceEvery,
        Duration lease,
        Duration stopGrace,
        Duration drainGrace) {
    public StageOptions {
        if (slots < 1 || slots > 10_000) {
            throw new InvalidSettingException(stage + "_SLOTS", "is " + slots, "Use a whole number from 1 to 10000");
        }
    }

    /** With the pipeline's own lease, and 25 s to drain. */
    public static StageOptions of(
            Stage stage, KafkaSettings kafka, int slots, String version, Supplier<Map<String, String>> tools) {
        return new StageOptions(
                stage,
                kafka,
                slots,
                version,
                tools,
                Duration.ofMillis(Announcement.INTERVAL_MILLIS),
                Duration.ofMillis(Announcement.LEASE_MILLIS),
                Duration.ofSeconds(5),
                Duration.ofSeconds(25));
    }

    /** The same with another time to drain. */
    public StageOptions withDrainGrace(Duration grace) {
        return new StageOptions(stage, kafka, slots, version, tools, announceEvery, lease, stopGrace, grace);
    }
}
