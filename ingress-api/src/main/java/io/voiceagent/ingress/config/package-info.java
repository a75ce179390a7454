/**
 * Puts the parts together, by settings from the environment. May import everything in this module; holds no logic.
 */
@NullMarked
package io.voiceagent.ingress.config;

import org.jspecify.annotations.NullMarked;
