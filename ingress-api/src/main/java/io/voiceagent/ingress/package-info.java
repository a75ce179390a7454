/**
 * The HTTP API: accepts turns, hands back answers by poll, stream and waiting.
 */
@NullMarked
package io.voiceagent.ingress;

import org.jspecify.annotations.NullMarked;
