package io.voiceagent.agent.config;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** What a process does; variable {@code AGENT_ROLES}, comma-separated, by default all. */
enum Role {
    /** Decides. */
    ORCHESTRATOR,
    /** Calls models. */
    LLM;

    static Set<Role> from(Variables variables) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String name : variables.text("AGENT_ROLES", "orchestrator,llm").split(",", -1)) {
            switch (name.trim().toLowerCase(Locale.ROOT)) {
                case "orchestrator" -> roles.add(ORCHESTRATOR);
                case "llm" -> roles.add(LLM);
                default ->
                    throw new InvalidSettingException(
                            "AGENT_ROLES",
                            "has \"%s\", which is no role".formatted(name.trim()),
                            "Use orchestrator, llm, or both with a comma between them");
            }
        }
        return roles;
    }

    private static boolean isOn(ConditionContext context, Role role) {
        return from(Variables.of(context.getEnvironment()::getProperty)).contains(role);
    }

    /** Holds in a process that decides. */
    static final class Orchestrating implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return isOn(context, ORCHESTRATOR);
        }
    }

    /** Holds in a process that calls models. */
    static final class CallingModels implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return isOn(context, LLM);
        }
    }
}
