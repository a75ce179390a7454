package io.voiceagent.transport.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Frame;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** When deltas are sent, in simulated time. */
class FrameBufferTest {
    private static final long MS = 1_000_000;

    @Example
    void aSlowModelsTokensWaitForNothing() {
        FrameBuffer buffer = new FrameBuffer();
        for (int i = 0; i < 5; i++) {
            assertThat(buffer.add(new Frame.Text("x"), i * 25 * MS)).isInstanceOf(FrameBuffer.Next.SendNow.class);
            buffer.take(i * 25 * MS);
        }
    }

    @Example
    void longTextGoesOutAtOnce() {
        FrameBuffer buffer = new FrameBuffer();
        buffer.add(new Frame.Text("x"), 0);
        buffer.take(0);

        assertThat(buffer.add(new Frame.Text("x".repeat(FrameBuffer.MAX_CHARS)), 1))
                .isInstanceOf(FrameBuffer.Next.SendNow.class);
    }

    @Property
    void nothingIsLostOrReorderedOrWaitsLong(
            @ForAll @Size(min = 1, max = 300) List<@IntRange(max = 30) Integer> gapsMillis) {
        FrameBuffer buffer = new FrameBuffer();
        List<String> sent = new ArrayList<>();
        List<Long> addedAt = new ArrayList<>();
        long now = 0;
        long due = Long.MAX_VALUE;
        int frames = 0;
        for (int i = 0; i < gapsMillis.size(); i++) {
            now += gapsMillis.get(i) * MS;
            if (due <= now) {
                frames += send(buffer, due, sent, addedAt);
                due = Long.MAX_VALUE;
            }
            addedAt.add(now);
            switch (buffer.add(new Frame.Text(Integer.toString(i)), now)) {
                case FrameBuffer.Next.SendNow _ -> {
                    frames += send(buffer, now, sent, addedAt);
                    due = Long.MAX_VALUE;
                }
                case FrameBuffer.Next.SendIn(long nanos) -> due = now + nanos;
                case FrameBuffer.Next.Wait _ -> assertThat(due).isLessThan(Long.MAX_VALUE);
            }
            if (i == 0) {
                assertThat(sent).as("the first at once").hasSize(1);
            }
        }
        send(buffer, now, sent, addedAt);

        List<String> expected = new ArrayList<>();
        for (int i = 0; i < gapsMillis.size(); i++) {
            expected.add(Integer.toString(i));
        }
        assertThat(sent).isEqualTo(expected);
        // One for each multiple of the gap, the first, and the full ones
        assertThat(frames).isLessThanOrEqualTo((int) (now / FrameBuffer.GAP_NANOS) + 2 + gapsMillis.size() / 32);
    }

    @Example
    void fastStreamsSendAtTheSameMoments() {
        FrameBuffer one = new FrameBuffer();
        FrameBuffer other = new FrameBuffer();
        one.add(new Frame.Text("x"), 3 * MS);
        one.take(3 * MS);
        other.add(new Frame.Text("x"), 9 * MS);
        other.take(9 * MS);

        assertThat(one.add(new Frame.Text("y"), 12 * MS)).isEqualTo(new FrameBuffer.Next.SendIn(8 * MS));
        assertThat(other.add(new Frame.Text("y"), 19 * MS)).isEqualTo(new FrameBuffer.Next.SendIn(MS));
    }

    private static int send(FrameBuffer buffer, long now, List<String> sent, List<Long> addedAt) {
        List<Frame.Delta> deltas = buffer.take(now);
        assertThat(deltas.size()).isLessThanOrEqualTo(FrameBuffer.MAX_DELTAS);
        for (Frame.Delta delta : deltas) {
            assertThat(now - addedAt.get(sent.size())).isLessThanOrEqualTo(FrameBuffer.GAP_NANOS);
            sent.add(((Frame.Text) delta).text());
        }
        return deltas.isEmpty() ? 0 : 1;
    }
}
