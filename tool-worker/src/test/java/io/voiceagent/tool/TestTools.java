package io.voiceagent.tool;

import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.Descriptions;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolCall;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Tools with the manners, good and bad, that a stage has to cope with. */
public final class TestTools {
    private static final String SCHEMA =
            "{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}},\"additionalProperties\":false}";

    private TestTools() {}

    /** What a test tool does. */
    @FunctionalInterface
    public interface Work {
        String run(ToolCall call) throws Exception;
    }

    public static Tool tool(String name, boolean idempotent, Duration timeout, Work work) {
        ToolDescription description = Descriptions.builtin(
                name, ToolDescription.Kind.MCP, "A tool for tests", SCHEMA, idempotent, timeout, 300);
        return new Tool() {
            @Override
            public ToolDescription description() {
                return description;
            }

            @Override
            public String run(ToolCall call) throws Exception {
                return work.run(call);
            }
        };
    }

    /** Waits until it is let go, and counts who waits and who was interrupted. */
    public static final class Gate implements Work {
        public final AtomicInteger waiting = new AtomicInteger();
        public final AtomicInteger interrupted = new AtomicInteger();
        private final CountDownLatch open = new CountDownLatch(1);

        @Override
        public String run(ToolCall call) throws InterruptedException {
            waiting.incrementAndGet();
            try {
                open.await();
                return "let go";
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
                throw e;
            }
        }

        public void open() {
            open.countDown();
        }
    }
}
