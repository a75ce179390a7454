/**
 * Client libraries that know nothing of this project, against the whole system, and a check of everything that they are answered.
 *
 * <p>May import the client libraries, a JSON Schema library and {@code allinone}; talks to the system over HTTP alone.
 */
@NullMarked
package io.voiceagent.clients;

import org.jspecify.annotations.NullMarked;
