/** Puts the tool worker together from its settings. May import everything of this module; has no logic of its own. */
@NullMarked
package io.voiceagent.tool.config;

import org.jspecify.annotations.NullMarked;
