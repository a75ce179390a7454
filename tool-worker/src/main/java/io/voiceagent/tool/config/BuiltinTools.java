package io.voiceagent.tool.config;

import io.voiceagent.tool.tools.calculator.Calculator;
import io.voiceagent.tool.tools.currenttime.CurrentTime;
import io.voiceagent.tool.tools.websearch.WebSearch;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.util.Set;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * The tools that the worker brings itself. {@code web_search} is there only with {@code TAVILY_API_KEY};
 * {@code TAVILY_BASE_URL} says where the service is.
 */
@Configuration(proxyBeanMethods = false)
class BuiltinTools {
    private static final String API_KEY = "TAVILY_API_KEY";
    private static final String BASE_URL = "TAVILY_BASE_URL";

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
    WebSearch webSearch(Variables variables) {
        return new WebSearch(baseUrl(variables.text(BASE_URL, "https://api.tavily.com")), variables.text(API_KEY, ""));
    }

    private static URI baseUrl(String value) {
        try {
            URI url = new URI(value);
            if (Set.of("http", "https").contains(String.valueOf(url.getScheme())) && url.getHost() != null) {
                return url;
            }
        } catch (URISyntaxException e) {
            throw notAUrl();
        }
        throw notAUrl();
    }

    private static InvalidSettingException notAUrl() {
        return new InvalidSettingException(
                BASE_URL, "is not an http(s) URL", "Use for example https://api.tavily.com, or leave it out");
    }

    /** Without a key there is no search, rather than one that always fails. */
    static final class KeyIsThere implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return Variables.of(context.getEnvironment()::getProperty).find(API_KEY) != null;
        }
    }
}
