/**
 * Every service, a broker and a database in one process, on loopback.
 *
 * <p>May import all services; holds no business logic.
 */
@NullMarked
package io.voiceagent.allinone;

import org.jspecify.annotations.NullMarked;
