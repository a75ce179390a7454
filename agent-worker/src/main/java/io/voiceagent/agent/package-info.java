/**
 * Runs turns: the orchestrator and the language-model stage.
 */
@NullMarked
package io.voiceagent.agent;

import org.jspecify.annotations.NullMarked;
