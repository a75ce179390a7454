/** Holds the messages to their published form: golden files, JSON Schemas and the AsyncAPI description. */
@NullMarked
package io.voiceagent.messages;

import org.jspecify.annotations.NullMarked;
