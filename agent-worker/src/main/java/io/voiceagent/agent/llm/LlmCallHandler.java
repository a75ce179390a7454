package io.voiceagent.agent.llm;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.voiceagent.format.AnswerFormat;
import io.voiceagent.format.InvalidSchemaException;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import io.voiceagent.transport.crash.CrashPoint;
import io.voiceagent.transport.stage.CallContext;
import io.voiceagent.transport.stage.CallHandler;
import io.voiceagent.transport.stage.Outcome;
import io.voiceagent.transport.telemetry.SpanAttributes;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The model stage's work: calls the model and tells span and meters of it.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/">OpenTelemetry: GenAI client spans</a>
 */
final class LlmCallHandler implements CallHandler {
    private final ChatModelClient client;
    private final URI endpoint;
    private final LlmMetrics metrics;

    LlmCallHandler(ChatModelClient client, URI endpoint, LlmMetrics metrics) {
        this.client = client;
        this.endpoint = endpoint;
        this.metrics = metrics;
    }

    @Override
    public Outcome handle(CallContext context) throws InterruptedException {
        if (!(context.call() instanceof Call.Model call)) {
            throw new IllegalArgumentException("not a model call: " + context.ref());
        }
        String model = client.model(call.request());
        Span span = context.span();
        describe(span, call.request(), model);
        Stop stop = new Stop(context::stopped);
        context.onStop(stop::order);
        Observation observation = new Observation(span, model, call.tenant());
        Optional<AnswerFormat> format;
        try {
            format = AnswerFormat.of(call.request().text());
        } catch (InvalidSchemaException e) {
            return new Outcome.Failed(
                    new TurnError(ErrorCodes.INVALID_REQUEST, "The schema of text.format is not valid."), false, 0);
        }
        span.setAttribute("gen_ai.output.type", format.isPresent() ? "json" : "text");
        CrashPoint.STAGE_EFFECT_BEFORE.reach();
        ModelOutcome outcome = client.call(context.ref(), call.request(), context.frames()::write, stop, observation);
        CrashPoint.STAGE_EFFECT_AFTER.reach();
        if (format.isPresent() && outcome instanceof ModelOutcome.Completed(CallOutput.Model answer)) {
            CallOutput.Model checked = checked(answer, format.get());
            int violations =
                    checked.violations() == null ? 0 : checked.violations().size();
            span.setAttribute("voice_agent.format.violations", violations);
            outcome = new ModelOutcome.Completed(checked);
        }
        return observation.ended(outcome);
    }

    /** An answer that was cut, asks for tools first, or is a refusal, owes nobody a format. */
    private static CallOutput.Model checked(CallOutput.Model answer, AnswerFormat format) {
        List<Item.Message> messages = answer.items().stream()
                .filter(Item.Message.class::isInstance)
                .map(Item.Message.class::cast)
                .toList();
        if (answer.finish() != CallOutput.Finish.STOP || messages.stream().anyMatch(Item.Message::refuses)) {
            return answer;
        }
        String text = messages.stream().map(Item.Message::text).collect(Collectors.joining());
        return answer.withViolations(format.violations(text));
    }

    private void describe(Span span, ModelRequest request, String model) {
        span.setAttribute(SpanAttributes.OPERATION, "chat");
        span.setAttribute(SpanAttributes.PROVIDER, "openai"); // the protocol: who answers behind it, nobody tells us
        span.setAttribute("openai.api.type", "chat_completions");
        span.setAttribute("gen_ai.request.stream", true);
        span.setAttribute(SpanAttributes.REQUEST_MODEL, model);
        if (request.maxOutputTokens() != null) {
            span.setAttribute("gen_ai.request.max_tokens", request.maxOutputTokens());
        }
        if (request.temperature() != null) {
            span.setAttribute("gen_ai.request.temperature", request.temperature());
        }
        if (request.topP() != null) {
            span.setAttribute("gen_ai.request.top_p", request.topP());
        }
        if (request.serviceTier() != null) {
            span.setAttribute("openai.request.service_tier", request.serviceTier());
        }
        span.setAttribute("server.address", endpoint.getHost());
        int port = endpoint.getPort() >= 0 ? endpoint.getPort() : "https".equals(endpoint.getScheme()) ? 443 : 80;
        span.setAttribute("server.port", port);
    }

    private final class Observation implements ModelObserver {
        private final Span span;
        private final String model;
        private final String tenant;
        private final long begin = System.nanoTime();
        private @Nullable Duration first;

        Observation(Span span, String model, String tenant) {
            this.tenant = tenant;
            this.span = span;
            this.model = model;
        }

        @Override
        public void firstToken() {
            Duration elapsed = elapsed();
            first = elapsed;
            span.addEvent("gen_ai.first_token");
            span.setAttribute("gen_ai.response.time_to_first_chunk", elapsed.toNanos() / 1e9);
            metrics.firstToken(model, elapsed);
        }

        @Override
        public void retry(Failure failure) {
            span.addEvent("retry", Attributes.of(AttributeKey.stringKey("error.type"), failure.type()));
            metrics.retry(model, failure.type());
        }

        Outcome ended(ModelOutcome outcome) {
            return switch (outcome) {
                case ModelOutcome.Completed(CallOutput.Model output) -> {
                    tell(output);
                    metrics.ended(model, "completed", elapsed());
                    yield new Outcome.Completed(output);
                }
                case ModelOutcome.Stopped stopped -> {
                    if (stopped.output() != null) {
                        describe(stopped.output());
                    }
                    metrics.ended(model, "stopped", elapsed());
                    yield new Outcome.Stopped(stopped.output());
                }
                case ModelOutcome.Failed(Failure failure) -> {
                    // The runtime sets error.type to the public code; this is the finer reason
                    span.setAttribute("voice_agent.failure", failure.type());
                    metrics.ended(model, failure.type(), elapsed());
                    yield new Outcome.Failed(
                            failure.error(),
                            failure.retryable(),
                            failure.retryAfter().toMillis());
                }
            };
        }

        private void tell(CallOutput.Model output) {
            describe(output);
            metrics.tokens(model, output.usage());
            metrics.tokensOf(tenant, output.usage());
            if (first != null && output.usage().outputTokens() > 1) {
                metrics.tokenTime(model, elapsed().minus(first), output.usage().outputTokens());
            }
        }

        private void describe(CallOutput.Model output) {
            if (output.model() != null) {
                span.setAttribute("gen_ai.response.model", output.model());
            }
            span.setAttribute(
                    SpanAttributes.FINISH_REASONS,
                    List.of(output.finish().name().toLowerCase(Locale.ROOT)));
            Usage usage = output.usage();
            span.setAttribute(SpanAttributes.INPUT_TOKENS, usage.inputTokens());
            span.setAttribute(SpanAttributes.OUTPUT_TOKENS, usage.outputTokens());
            span.setAttribute(SpanAttributes.CACHED_TOKENS, usage.cachedInputTokens());
            span.setAttribute(SpanAttributes.REASONING_TOKENS, usage.reasoningTokens());
        }

        private Duration elapsed() {
            return Duration.ofNanos(System.nanoTime() - begin);
        }
    }
}
