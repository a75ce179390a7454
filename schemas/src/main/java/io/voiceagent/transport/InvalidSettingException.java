package io.voiceagent.transport;

/** A setting that cannot be used; the message names the variable, what is wrong with it and the remedy. */
public final class InvalidSettingException extends IllegalArgumentException implements StartFailure {
    private static final long serialVersionUID = 1L;

    /**
     * @param variable name of the environment variable, such as {@code AGENT_PARTITIONS}
     * @param problem what is wrong; must not repeat a secret value
     * @param remedy what to do about it
     */
    public InvalidSettingException(String variable, String problem, String remedy) {
        super("%s %s. %s".formatted(variable, problem, remedy));
    }
}
