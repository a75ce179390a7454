/** The tool {@code calculator}. May import EvalEx, {@code io.voiceagent.tool.core} and the messages. */
@NullMarked
package io.voiceagent.tool.tools.calculator;

import org.jspecify.annotations.NullMarked;
