/**
 * Runs the tools that a model calls.
 */
@NullMarked
package io.voiceagent.tool;

import org.jspecify.annotations.NullMarked;
