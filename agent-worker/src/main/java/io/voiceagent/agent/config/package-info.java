/** Puts the service together: settings from the environment, one configuration a role. May import everything of this module; holds no logic. */
@NullMarked
package io.voiceagent.agent.config;

import org.jspecify.annotations.NullMarked;
