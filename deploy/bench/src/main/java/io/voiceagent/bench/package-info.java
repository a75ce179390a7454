/**
 * A load generator for the HTTP API and for the model behind it.
 */
@NullMarked
package io.voiceagent.bench;

import org.jspecify.annotations.NullMarked;
