/**
 * Wiring: settings, the database and its migrations, consumers, the archivers' life cycle, health. The only package that
 * knows all others; it decides nothing about rows.
 */
@NullMarked
package io.voiceagent.archiver.config;

import org.jspecify.annotations.NullMarked;
