/** The tool {@code current_time}. May import {@code io.voiceagent.tool.core} and the messages. */
@NullMarked
package io.voiceagent.tool.tools.currenttime;

import org.jspecify.annotations.NullMarked;
