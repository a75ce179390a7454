/**
 * Looking at what was archived: an API for traces and metrics, Jaeger's HTTP query API, and a page.
 *
 * <p>Reads only, in transactions that can do nothing else, and never waits for longer than {@link
 * io.voiceagent.archiver.query.ReadDatabase}'s limit. May import Spring's functional web, JDBC and Jackson; nothing of {@code spans}, {@code
 * metrics}, {@code responses}, {@code backup} or {@code ingest}: what both sides know is the tables.
 */
@NullMarked
package io.voiceagent.archiver.query;

import org.jspecify.annotations.NullMarked;
