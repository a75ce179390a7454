package io.voiceagent.agent.config;

import io.voiceagent.agent.llm.LlmStageConfiguration;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The role that calls models. */
@Configuration(proxyBeanMethods = false)
@Conditional(Role.CallingModels.class)
@Import(LlmStageConfiguration.class)
class ModelConfiguration {}
