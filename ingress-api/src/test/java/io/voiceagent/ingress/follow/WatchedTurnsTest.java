package io.voiceagent.ingress.follow;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.ingress.follow.LogRecord.Source;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchedTurnsTest {

    private final List<String> told = new ArrayList<>();
    private final WatchedTurns turns = new WatchedTurns(new TurnWatcher() {
        @Override
        public void accepted(String id, String tenant, long submittedAt) {
            told.add("%s of %s at %d".formatted(id, tenant, submittedAt));
        }

        @Override
        public void ended(String id, long tokens, long at) {
            told.add("%s used %d at %d".formatted(id, tokens, at));
        }
    });

    private void record(String type, String json) {
        turns.record(new LogRecord(Source.STEPS, "r", type, 0, json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theFieldsMayStandAnywhere() {
        record(
                "accepted",
                "{\"spec\":{\"tenant\":\"x\",\"a\":[{}]},\"submittedAt\":7,\"later\":1,\"tenant\":\"acme\"}");
        record("ended", "{\"usage\":{\"inputTokens\":2,\"outputTokens\":3},\"at\":9}");
        assertThat(told).containsExactly("r of acme at 7", "r used 5 at 9");
    }

    @Test
    void aRecordThatCannotBeCountedIsPassedOver() {
        record("accepted", "{\"tenant\":\"acme\"}");
        record("accepted", "{\"tenant\":");
        record("accepted", "[]");
        record("ended", "{\"at\":9}");
        assertThat(told).isEmpty();
    }
}
