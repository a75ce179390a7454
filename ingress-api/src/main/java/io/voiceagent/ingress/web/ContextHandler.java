package io.voiceagent.ingress.web;

import io.opentelemetry.context.Context;
import io.voiceagent.ingress.submit.Conversations;
import io.voiceagent.ingress.submit.ItemReferences;
import io.voiceagent.ingress.submit.Submissions;
import io.voiceagent.ingress.submit.spec.BodyReader;
import io.voiceagent.ingress.submit.spec.ContextParser;
import io.voiceagent.ingress.submit.spec.CreateRequestParser;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseSpec;
import java.util.function.Function;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

/** {@code /responses/input_tokens} and {@code /responses/compact}: what a context weighs, and how it gets lighter. */
final class ContextHandler {
    private final Bodies bodies;
    private final ContextParser parser;
    private final Submissions submissions;
    private final Conversations conversations;
    private final ItemReferences references;
    private final ResponsesHandler responses;

    /** @param responses waits for turns */
    ContextHandler(
            Bodies bodies,
            CreateRequestParser parser,
            Submissions submissions,
            Conversations conversations,
            ResponsesHandler responses) {
        this.bodies = bodies;
        this.parser = new ContextParser(parser);
        this.submissions = submissions;
        this.conversations = conversations;
        this.references = new ItemReferences(submissions);
        this.responses = responses;
    }

    Mono<Void> inputTokens(ServerWebExchange exchange) {
        String tenant = Exchanges.tenant(exchange.getAttributes());
        return read(
                exchange,
                parser::counted,
                spec -> tokens(tenant, spec, Exchanges.trace(exchange.getAttributes()))
                        .flatMap(tokens -> ResponsesHandler.write(
                                exchange.getResponse(),
                                HttpStatus.OK,
                                Json.mapper()
                                        .createObjectNode()
                                        .put("object", "response.input_tokens")
                                        .put("input_tokens", tokens)
                                        .toString())));
    }

    private Mono<Long> tokens(String tenant, ResponseSpec spec, Context trace) {
        String conversation = spec.conversationId();
        return conversation == null
                ? submissions.inputTokens(tenant, spec)
                : submissions.inputTokens(spec, conversations.context(tenant, conversation, trace));
    }

    Mono<Void> compact(ServerWebExchange exchange) {
        String tenant = Exchanges.tenant(exchange.getAttributes());
        return read(
                exchange,
                parser::compacted,
                spec -> responses.following(submissions
                        .compact(tenant, spec, Exchanges.trace(exchange.getAttributes()))
                        .flatMap(response -> responses.ended(exchange, response))
                        .flatMap(json -> ResponsesHandler.write(
                                exchange.getResponse(),
                                HttpStatus.OK,
                                submissions.compactions().compaction(tenant, Json.tree(json))))));
    }

    private Mono<Void> read(
            ServerWebExchange exchange,
            Function<ObjectNode, ResponseSpec> parse,
            Function<ResponseSpec, Mono<Void>> use) {
        QueryParameters.of(exchange.getRequest()).end();
        String tenant = Exchanges.tenant(exchange.getAttributes());
        return bodies.json(
                exchange.getRequest(),
                body -> Mono.defer(() -> references.resolved(tenant, BodyReader.read(body)))
                        .subscribeOn(ResponsesHandler.PARSING)
                        .map(tree -> parse.apply(submissions.compactions().opened(tenant, tree)))
                        .flatMap(use));
    }
}
