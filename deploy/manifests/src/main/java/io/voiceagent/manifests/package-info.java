/** What runs in every container besides its service: the health check. Imports the JDK alone, since it is compiled without the rest. */
@NullMarked
package io.voiceagent.manifests;

import org.jspecify.annotations.NullMarked;
