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
import org.jspecify.annotations.Nullable;
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
    private static final String DEFAULT_URL = "https://api.tavily.com";
    private static final int MAX_PORT = 65_535;

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
        return new WebSearch(baseUrl(variables.text(BASE_URL, DEFAULT_URL)), key(variables.text(API_KEY, "")));
    }

    /** What an HTTP header can carry: a refusal later would be told with the header in it, and so with the key. */
    private static String key(String value) {
        if (!value.matches("[!-~]{1,512}")) {
            throw new InvalidSettingException(
                    API_KEY, "is not a key", "Use 1 to 512 ASCII characters without spaces, or leave it out");
        }
        return value;
    }

    private static URI baseUrl(String value) {
        try {
            URI url = new URI(value);
            if (Set.of("http", "https").contains(String.valueOf(url.getScheme()))
                    && url.getHost() != null
                    && url.getPort() <= MAX_PORT
                    && url.getRawQuery() == null
                    && url.getRawFragment() == null
                    && url.getRawUserInfo() == null) {
                return url;
            }
            throw notAUrl(null);
        } catch (URISyntaxException e) {
            throw notAUrl(e);
        }
    }

    private static InvalidSettingException notAUrl(@Nullable Throwable cause) {
        InvalidSettingException invalid = new InvalidSettingException(
                BASE_URL,
                "is not an http(s) URL of scheme, host, port and path",
                "Use for example " + DEFAULT_URL + ", or leave it out");
        invalid.initCause(cause);
        return invalid;
    }

    /** Without a key there is no search, rather than one that always fails. */
    static final class KeyIsThere implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return Variables.of(context.getEnvironment()::getProperty).find(API_KEY) != null;
        }
    }
}
