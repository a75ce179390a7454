/**
 * Backups of the archive's tables: files of rows as COPY writes them, one for each table or day partition, beside a manifest
 * that says how many rows and bytes they hold and what their hashes are; and the way back, which is tried after each backup.
 *
 * <p>{@link io.voiceagent.archiver.backup.BackupPolicy} decides and is pure; {@link
 * io.voiceagent.archiver.backup.BackupRunner} does. May import JDBC, the Postgres driver, Jackson and Micrometer; none of the
 * module's other packages.
 */
@NullMarked
package io.voiceagent.archiver.backup;

import org.jspecify.annotations.NullMarked;
