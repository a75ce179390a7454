package io.voiceagent.archiver.ingest;

/**
 * The step of one partition's stored position.
 *
 * @param expected the stored position
 * @param next the position afterwards
 */
public record Move(long expected, long next) {}
