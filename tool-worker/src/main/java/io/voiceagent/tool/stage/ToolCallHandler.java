package io.voiceagent.tool.stage;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.TurnError;
import io.voiceagent.tool.core.Answers;
import io.voiceagent.tool.core.ArgumentCheck;
import io.voiceagent.tool.core.ArgumentCheck.Verdict;
import io.voiceagent.tool.core.Catalogue;
import io.voiceagent.tool.core.Catalogue.Match;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolCall;
import io.voiceagent.tool.core.ToolFailure;
import io.voiceagent.transport.crash.CrashPoint;
import io.voiceagent.transport.stage.CallContext;
import io.voiceagent.transport.stage.CallHandler;
import io.voiceagent.transport.stage.CallStoppedException;
import io.voiceagent.transport.stage.FramesFailedException;
import io.voiceagent.transport.stage.Outcome;
import io.voiceagent.transport.telemetry.SpanAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * The tool stage's work: finds the tool, checks the arguments, runs it within its time.
 *
 * <p>Whatever becomes of the tool is told to the model, so such calls have completed; an attempt fails only when this
 * worker is the wrong one.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#execute-tool-span">OpenTelemetry:
 *     execute tool span</a>
 */
public final class ToolCallHandler implements CallHandler, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ToolCallHandler.class);

    private final Catalogue catalogue;
    private final ArgumentCheck arguments;
    private final ToolMetrics metrics;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    public ToolCallHandler(Catalogue catalogue, ArgumentCheck arguments, MeterRegistry meters) {
        this.catalogue = catalogue;
        this.arguments = arguments;
        this.metrics = new ToolMetrics(meters);
    }

    @Override
    public Outcome handle(CallContext context) throws Exception {
        if (!(context.call() instanceof Call.Tool call)) {
            throw new IllegalArgumentException("not a tool call: " + context.ref());
        }
        Span span = context.span();
        span.setAttribute(SpanAttributes.OPERATION, "execute_tool");
        span.setAttribute("gen_ai.tool.name", call.tool());
        span.setAttribute("gen_ai.tool.call.id", call.callId());
        // Runs here, not at the client
        span.setAttribute("gen_ai.tool.type", "extension");
        return switch (catalogue.find(call.tool(), call.hash())) {
            case Match.Offered(Tool tool) -> measured(context, call, tool);
            case Match.Changed(String offered) -> wrongWorker(call.tool() + " is offered as another version here");
            case Match.Absent() -> wrongWorker(call.tool() + " is not offered here");
        };
    }

    private static Outcome wrongWorker(String why) {
        return new Outcome.Failed(new TurnError(ErrorCodes.TOOL_FAILED, why), true, 0);
    }

    private Outcome measured(CallContext context, Call.Tool call, Tool tool) throws Exception {
        context.span()
                .setAttribute("gen_ai.tool.description", tool.description().description());
        long begin = System.nanoTime();
        String outcome = "aborted";
        try {
            Outcome ended = checkAndRun(context, call, tool);
            outcome = outcomeOf(ended);
            return ended;
        } finally {
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            metrics.ended(call.tool(), outcome, took);
            metrics.endedOf(call.tenant(), took);
        }
    }

    private static String outcomeOf(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Completed(CallOutput.Tool(String output, TurnError error)) when error != null -> error.code();
            case Outcome.Completed completed -> "completed";
            case Outcome.Failed failed -> failed.error().code();
            case Outcome.Stopped stopped -> "stopped";
        };
    }

    private Outcome checkAndRun(CallContext context, Call.Tool call, Tool tool) throws Exception {
        return switch (arguments.check(tool.description(), call.arguments())) {
            case Verdict.Violates violates ->
                new Outcome.Completed(Answers.invalidArguments(tool.description(), violates.violations()));
            case Verdict.Fits(JsonNode checked) -> run(context, tool, new Run(context, checked));
        };
    }

    /** On a thread of its own, so that the time-out holds also against a tool that does not heed its interrupt. */
    private Outcome run(CallContext context, Tool tool, ToolCall call) throws Exception {
        ToolDescription description = tool.description();
        if (!description.idempotent()) {
            context.beginEffect();
        }
        CrashPoint.STAGE_EFFECT_BEFORE.reach();
        Future<String> running =
                threads.submit(context.traceContext().wrap(() -> Objects.requireNonNull(tool.run(call), "the result")));
        try {
            String text = running.get(description.timeoutMillis(), TimeUnit.MILLISECONDS);
            CrashPoint.STAGE_EFFECT_AFTER.reach();
            if (text.length() > description.maxResultChars()) {
                metrics.cut(description.name());
            }
            return new Outcome.Completed(Answers.result(description, text));
        } catch (TimeoutException e) {
            LOG.warn("Tool {} did not answer within {} ms", description.name(), description.timeoutMillis());
            return new Outcome.Completed(Answers.timeout(description));
        } catch (InterruptedException e) {
            if (context.stopped()) {
                return new Outcome.Stopped(null);
            }
            throw e;
        } catch (ExecutionException e) {
            return failed(description, e);
        } finally {
            running.cancel(true);
        }
    }

    private static Outcome failed(ToolDescription tool, ExecutionException e) {
        return switch (e.getCause()) {
            case ToolFailure failure -> {
                if (!failure.code().equals(ErrorCodes.TOOL_ARGUMENTS)) {
                    LOG.warn("Tool {}: {}", tool.name(), failure.text());
                }
                yield new Outcome.Completed(Answers.failure(tool, failure));
            }
            case CallStoppedException stopped -> throw stopped;
            case null, default -> {
                LOG.error("Tool {} failed in a way that it did not explain", tool.name(), e.getCause());
                yield new Outcome.Completed(Answers.defect(tool));
            }
        };
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private record Run(CallContext context, JsonNode arguments) implements ToolCall {
        @Override
        public String idempotencyKey() {
            return context.ref().idempotencyKey();
        }

        @Override
        public void progress(String status) {
            try {
                context.frames().write(new Frame.Progress(status));
            } catch (FramesFailedException e) {
                // The result does not depend on it, and an effect is not to be broken off half-way for it
                LOG.debug("Progress of {} is not shown", context.ref(), e);
            }
        }
    }
}
