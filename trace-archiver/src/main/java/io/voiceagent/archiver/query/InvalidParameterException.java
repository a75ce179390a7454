package io.voiceagent.archiver.query;

/** A request's parameter that can't be used. */
public final class InvalidParameterException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String parameter;

    /**
     * @param parameter its name, as the request has it
     * @param problem what is wrong with it, after "Parameter X"
     * @param remedy what to do, a sentence without its end
     */
    InvalidParameterException(String parameter, String problem, String remedy) {
        super("Parameter %s %s. %s.".formatted(parameter, problem, remedy));
        this.parameter = parameter;
    }

    /** The parameter's name. */
    String parameter() {
        return parameter;
    }
}
