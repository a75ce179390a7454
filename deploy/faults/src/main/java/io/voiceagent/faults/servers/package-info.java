/**
 * What the pipeline stands on, as processes that can be taken away: brokers, a database, the network between them, the disk below. May
 * import the processes of {@link io.voiceagent.faults} and nothing else of it.
 */
@NullMarked
package io.voiceagent.faults.servers;

import org.jspecify.annotations.NullMarked;
