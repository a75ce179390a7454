/** Topics and access on a Kafka that no operator cares for, from the same file that Strimzi's operator takes. May import transport. */
@NullMarked
package io.voiceagent.manifests.access;

import org.jspecify.annotations.NullMarked;
