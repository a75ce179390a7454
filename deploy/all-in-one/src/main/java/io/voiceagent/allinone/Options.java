package io.voiceagent.allinone;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;

/**
 * What the command line asks for.
 *
 * @param port the API's port on 127.0.0.1, 1 to 65535
 * @param data the directory that keeps everything from one start to the next
 * @param fresh whether to throw away what earlier starts kept
 */
record Options(int port, Path data, boolean fresh) {

    static final int DEFAULT_PORT = 8000;

    static final String USAGE = "usage: [--port N] [--data DIR] [--fresh]";

    /**
     * Reads {@code [--port N] [--data DIR] [--fresh]}.
     *
     * @throws StartFailure naming the argument that is wrong
     */
    static Options parse(List<String> arguments) {
        int port = DEFAULT_PORT;
        Path data = Path.of(".data");
        boolean fresh = false;
        Iterator<String> rest = arguments.iterator();
        while (rest.hasNext()) {
            String argument = rest.next();
            switch (argument) {
                case "--port" -> port = port(value(argument, rest));
                case "--data" -> data = Path.of(value(argument, rest));
                case "--fresh" -> fresh = true;
                default -> throw new StartFailure("unknown argument " + argument + "; " + USAGE);
            }
        }
        return new Options(port, data.toAbsolutePath().normalize(), fresh);
    }

    /** Where the API will be. */
    String url() {
        return "http://127.0.0.1:" + port;
    }

    private static String value(String argument, Iterator<String> rest) {
        if (!rest.hasNext()) {
            throw new StartFailure(argument + " needs a value; " + USAGE);
        }
        return rest.next();
    }

    private static int port(String text) {
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > 65_535) {
            throw new StartFailure("--port must be a number from 1 to 65535, not " + text);
        }
        return Integer.parseInt(text);
    }
}
