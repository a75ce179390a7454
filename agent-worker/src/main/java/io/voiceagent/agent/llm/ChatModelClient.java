package io.voiceagent.agent.llm;

import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.TokenUsage;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.Usage;
import io.voiceagent.transport.stage.CallStoppedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Calls a chat-completions endpoint and gives the answer on piece by piece. Thread-safe; a call takes its thread. */
final class ChatModelClient implements AutoCloseable {
    private final LlmSettings settings;
    private final ChatRequests requests;
    private final RetryPolicy retries;
    private final StreamingHttpClient http;
    private final OpenAiStreamingChatModel model;

    ChatModelClient(LlmSettings settings) {
        this.settings = settings;
        this.requests = new ChatRequests(settings.defaultModel(), settings.maxTokensField(), settings.clientFields());
        this.retries = RetryPolicy.of(settings.maxTries(), settings.retryTime());
        this.http = new StreamingHttpClient(settings.connectTimeout(), settings.maxBodyBytes());
        this.model = new OpenAiStreamingChatModelBuilder()
                .httpClientBuilder(http.asBuilder())
                .baseUrl(settings.baseUrl().toString())
                .apiKey(settings.apiKey())
                .returnThinking(true)
                .accumulateToolCallId(false)
                .build();
    }

    /** Name of the model that {@code request} goes to. */
    String model(ModelRequest request) {
        return requests.model(request);
    }

    /**
     * Runs one call to its end; retries within, as long as nothing was given on.
     *
     * @param sink takes the deltas on this thread; what it throws ends the call and is thrown on
     */
    ModelOutcome call(CallRef ref, ModelRequest request, Consumer<Frame.Delta> sink, Stop stop, ModelObserver observer)
            throws InterruptedException {
        ChatRequest chat = requests.toChat(request);
        long begin = System.nanoTime();
        for (int tries = 1; ; tries++) {
            Try attempt = new Try(ref, request, sink, stop, observer);
            ModelOutcome outcome = attempt.run(chat);
            if (!(outcome instanceof ModelOutcome.Failed(Failure failure)) || attempt.answer.isStarted()) {
                return outcome;
            }
            Optional<Duration> wait = retries.next(failure, tries, Duration.ofNanos(System.nanoTime() - begin));
            if (wait.isEmpty()) {
                return outcome;
            }
            observer.retry(failure);
            if (isStopped(stop, wait.get())) {
                return new ModelOutcome.Stopped(null);
            }
        }
    }

    private static boolean isStopped(Stop stop, Duration within) throws InterruptedException {
        try {
            return stop.await(within);
        } catch (InterruptedException e) {
            if (stop.isOrdered()) {
                return true; // a stop interrupts as well
            }
            throw e;
        }
    }

    @Override
    public void close() {
        http.close();
    }

    /** One HTTP request and the reading of its answer. */
    private final class Try implements StreamingChatResponseHandler {
        private final Answer answer;
        private final Exchange exchange;
        private final Patience patience;
        private final ModelObserver observer;
        private final Consumer<Frame.Delta> sink;
        private final boolean logprobs;
        /** What the sink threw: its own affair, not a failure of the endpoint. */
        private @Nullable RuntimeException sinkFailure;

        private @Nullable ChatResponse response;
        private @Nullable Ending ending;

        Try(CallRef ref, ModelRequest request, Consumer<Frame.Delta> sink, Stop stop, ModelObserver observer) {
            this.patience = new Patience(settings.firstTokenTimeout(), settings.idleTimeout());
            this.exchange = new Exchange(patience, stop);
            this.observer = observer;
            this.sink = sink;
            this.logprobs = request.topLogprobs() != null;
            this.answer =
                    new Answer(ref, ChatRequests.callIds(request.messages()), settings.maxOutputChars(), this::giveOn);
        }

        ModelOutcome run(ChatRequest chat) throws InterruptedException {
            if (exchange.stop().isOrdered()) {
                return new ModelOutcome.Stopped(null);
            }
            ScopedValue.where(Exchange.CURRENT, exchange).run(() -> model.chat(chat, this));
            RuntimeException refused = sinkFailure;
            if (refused != null && !(refused instanceof CallStoppedException)) {
                throw refused;
            }
            if (Thread.interrupted() && !exchange.stop().isOrdered()) {
                throw new InterruptedException("interrupted during a model call");
            }
            ChatResponse whole = response;
            Ending how = ending;
            // A stop that comes after the end is too late: the answer is whole
            if (whole != null && how != null && exchange.failure() == null) {
                return new ModelOutcome.Completed(answer.output(
                        how.finish(answer.hasCalls()),
                        usage(whole.metadata().tokenUsage()),
                        whole.metadata().modelName()));
            }
            if (exchange.stop().isOrdered() || refused != null) {
                return new ModelOutcome.Stopped(
                        answer.isStarted() ? answer.output(CallOutput.Finish.STOP, Usage.NONE, null) : null);
            }
            Failure failure = exchange.failure();
            return new ModelOutcome.Failed(failure == null ? Failures.malformed("a stream that broke off") : failure);
        }

        private void giveOn(Frame.Delta delta) {
            try {
                sink.accept(delta);
            } catch (RuntimeException e) {
                sinkFailure = e;
                throw e;
            }
            patience.token(); // afterwards: time that the log takes is not the endpoint's
        }

        @Override
        public void onPartialResponse(String text) {
            hear(() -> answer.text(text, logprobs ? Logprobs.of(exchange.chunk()) : List.of()));
        }

        @Override
        public void onPartialThinking(PartialThinking thinking) {
            hear(() -> answer.reasoning(thinking.text()));
        }

        @Override
        public void onPartialToolCall(PartialToolCall call) {
            hear(() -> answer.call(call.index(), call.id(), call.name(), call.partialArguments()));
        }

        @Override
        public void onCompleteToolCall(CompleteToolCall call) {
            var request = call.toolExecutionRequest();
            hear(() -> answer.callComplete(call.index(), request.id(), request.name(), request.arguments()));
        }

        private void hear(Runnable piece) {
            if (exchange.isOver()) {
                return;
            }
            boolean first = !answer.isStarted();
            piece.run();
            if (first) {
                observer.firstToken();
            }
        }

        /** What langchain4j does not know: errors inside the stream, and refusals. */
        @Override
        public void onUnmappedRawEvent(Object event) {
            if (!(event instanceof ServerSentEvent sse)) {
                return;
            }
            JsonNode chunk;
            try {
                chunk = Json.tree(sse.data());
            } catch (MalformedMessageException e) {
                exchange.fail(Failures.malformed("a chunk that is no JSON"));
                return;
            }
            if (chunk.path("error").isObject()) {
                exchange.fail(Failures.ofStreamedError(chunk.path("error")));
                return;
            }
            JsonNode refusal = chunk.path("choices").path(0).path("delta").path("refusal");
            if (refusal.isString() && !refusal.asString().isEmpty()) {
                hear(() -> answer.refusal(refusal.asString()));
            }
        }

        @Override
        public void onCompleteResponse(ChatResponse complete) {
            switch (Ending.of(complete)) {
                case Ending.None() -> exchange.fail(Failures.malformed("a stream that ended without a finish_reason"));
                case Ending.Other(String reason)
                when reason.equals("error") -> exchange.fail(Failures.malformed("a stream that ended with an error"));
                case Ending ending -> {
                    this.ending = ending;
                    this.response = complete;
                }
            }
        }

        @Override
        public void onError(Throwable error) {
            exchange.fail(Failures.ofUnexpected(error));
        }
    }

    private static Usage usage(@Nullable TokenUsage tokens) {
        if (!(tokens instanceof OpenAiTokenUsage usage)) {
            return Usage.NONE;
        }
        var input = usage.inputTokensDetails();
        var output = usage.outputTokensDetails();
        return new Usage(
                count(usage.inputTokenCount()),
                input == null ? 0 : count(input.cachedTokens()),
                count(usage.outputTokenCount()),
                output == null ? 0 : count(output.reasoningTokens()));
    }

    private static long count(@Nullable Integer tokens) {
        return tokens == null ? 0 : Math.max(0, tokens);
    }
}
