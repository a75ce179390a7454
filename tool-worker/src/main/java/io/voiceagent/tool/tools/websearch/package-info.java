/**
 * The tool {@code web_search}, over Tavily. May import {@code java.net.http}, resilience4j, {@code io.voiceagent.tool.core}
 * and the messages.
 */
@NullMarked
package io.voiceagent.tool.tools.websearch;

import org.jspecify.annotations.NullMarked;
