package io.voiceagent.ingress.web;

import io.voiceagent.ingress.security.ApiSecurity;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.security.web.server.MatcherSecurityWebFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatchers;
import org.springframework.web.server.WebFilter;

/**
 * What the filters of security and limits add to a submission: the same HTTP server twice, once with them and once with a filter that only
 * names the tenant, asked in turns over a kept connection. Behind both is a log that takes everything at once, so that what differs is the
 * filters. Argument: submissions to each.
 */
final class FilterBench {
    private static final int ROUND = 500;
    private static final int WARM_UP_ROUNDS = 20;
    private static final Map<String, String> LIMITS = Map.of(
            "RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000",
            "RATE_LIMIT_TOKENS_PER_MINUTE", "1000000000",
            "MAX_RUNNING_TURNS_PER_TENANT", "0", // those here never end
            "CORS_ORIGINS", "https://example.org");

    private FilterBench() {}

    /** Lets requests in unseen. */
    static final class Bare implements BeanPostProcessor {
        private static final WebFilter NAMED = (exchange, chain) -> {
            exchange.getAttributes().put(ApiSecurity.TENANT, "acme");
            return chain.filter(exchange);
        };

        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
            return switch (bean) {
                case SecurityWebFilterChain _ ->
                    new MatcherSecurityWebFilterChain(ServerWebExchangeMatchers.anyExchange(), List.of(NAMED));
                case LimitFilter _ -> (WebFilter) (exchange, chain) -> chain.filter(exchange);
                default -> bean;
            };
        }
    }

    private record Side(WebHarness harness, HttpClient client, List<Long> nanos) {
        static Side of(WebHarness harness) {
            return new Side(harness, HttpClient.newHttpClient(), new ArrayList<>());
        }

        void round(boolean counts) throws Exception {
            harness.clear();
            URI uri = harness.uri().resolve("/api/v1/responses");
            for (int i = 0; i < ROUND; i++) {
                HttpRequest request = HttpRequest.newBuilder(uri)
                        .header("Authorization", "Bearer " + WebHarness.ACME)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"input\": \"Hello.\", \"background\": true}"))
                        .build();
                long begin = System.nanoTime();
                HttpResponse<Void> answer = client.send(request, HttpResponse.BodyHandlers.discarding());
                long took = System.nanoTime() - begin;
                if (answer.statusCode() != 202) {
                    throw new IllegalStateException("answered " + answer.statusCode());
                }
                if (counts) {
                    nanos.add(took);
                }
            }
        }

        double micros(double quantile) {
            long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
            return sorted[(int) Math.min(sorted.length - 1L, Math.round(quantile * sorted.length))] / 1e3;
        }

        String line(String name) {
            double mean = nanos.stream().mapToLong(Long::longValue).average().orElse(0) / 1e3;
            return "%-16s p50 %7.1f  p90 %7.1f  p99 %7.1f  mean %7.1f µs"
                    .formatted(name, micros(0.5), micros(0.9), micros(0.99), mean);
        }
    }

    /** See the class. */
    public static void main(String[] args) throws Exception {
        int submissions = Integer.parseInt(args[0]);
        try (WebHarness whole = WebHarness.start(LIMITS);
                WebHarness bare = WebHarness.start(LIMITS, Bare.class)) {
            Side with = Side.of(whole);
            Side without = Side.of(bare);
            for (int round = 0; round < WARM_UP_ROUNDS + Math.ceilDiv(submissions, ROUND); round++) {
                // Who goes first changes, so that neither has the better half of what the machine does beside it
                for (Side side : round % 2 == 0 ? Arrays.asList(with, without) : Arrays.asList(without, with)) {
                    side.round(round >= WARM_UP_ROUNDS);
                }
            }
            System.out.println(with.line("with filters"));
            System.out.println(without.line("without filters"));
            System.out.printf(
                    "added: p50 %.1f µs, p99 %.1f µs; ratio of p50 %.3f%n",
                    with.micros(0.5) - without.micros(0.5),
                    with.micros(0.99) - without.micros(0.99),
                    with.micros(0.5) / without.micros(0.5));
        }
        System.exit(0);
    }
}
