package io.voiceagent.messages;

/**
 * Why a turn or a call failed.
 *
 * @param code stable, for programs, see {@link ErrorCodes}
 * @param message for people; holds no key and no text of the user
 */
public record TurnError(String code, String message) {}
