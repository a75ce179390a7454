package io.voiceagent.tool.config;

import io.voiceagent.tool.config.ToolWorkerSettings.Search;
import io.voiceagent.tool.tools.calculator.Calculator;
import io.voiceagent.tool.tools.currenttime.CurrentTime;
import io.voiceagent.tool.tools.websearch.WebSearch;
import io.voiceagent.transport.Variables;
import java.time.Clock;
import java.util.Objects;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * The tools that the worker brings itself. {@code web_search} is there only with {@code TAVILY_API_KEY}.
 */
@Configuration(proxyBeanMethods = false)
class BuiltinTools {
    @Bean
    Calculator calculator() {
        return new Calculator();
    }

    @Bean
    CurrentTime currentTime() {
        return new CurrentTime(Clock.systemUTC());
    }

    @Bean
    @Conditional(KeyIsThere.class)
    WebSearch webSearch(ToolWorkerSettings settings) {
        Search search = Objects.requireNonNull(settings.search(), "no key");
        return new WebSearch(search.baseUrl(), search.apiKey());
    }

    /** Without a key there is no search, rather than one that always fails. */
    static final class KeyIsThere implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return Variables.of(context.getEnvironment()::getProperty).find(ToolWorkerSettings.API_KEY) != null;
        }
    }
}
