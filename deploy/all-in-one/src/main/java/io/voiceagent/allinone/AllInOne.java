package io.voiceagent.allinone;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/** Runs everything in this process until it is told to end. */
public final class AllInOne {

    private AllInOne() {}

    /**
     * Arguments: {@code [--port N] [--data DIR] [--fresh]}. Ends with status 1 and one line on standard error when
     * something does not start.
     */
    public static void main(String[] args) throws InterruptedException {
        // Four applications share one logging configuration: none of them may replace it.
        System.setProperty("org.springframework.boot.logging.LoggingSystem", "none");
        System.setProperty("logback.configurationFile", "all-in-one-logback.xml");
        try {
            Options options = Options.parse(List.of(args));
            run(options, DataDirectory.open(options.data(), options.fresh(), options.url()));
        } catch (StartFailure e) {
            System.err.println("voice-agent: " + e.getMessage());
            System.exit(1);
        }
        new CountDownLatch(1).await();
    }

    private static void run(Options options, DataDirectory directory) throws InterruptedException {
        System.setProperty("voiceagent.logs", directory.logs().toString()); // before the first logger is made
        var system = new LocalSystem(options, directory, new Settings(System.getenv()), new Progress(System.out));
        Runtime.getRuntime().addShutdownHook(new Thread(system::close, "end-all"));
        try {
            system.start();
        } catch (RuntimeException e) {
            LoggerFactory.getLogger(AllInOne.class).error("Not started", e);
            StartFailure failure = StartFailure.of("the start", e);
            throw failure.hasRemedy()
                    ? failure
                    : new StartFailure(failure.getMessage() + " (log: " + directory.log() + ")", failure);
        }
    }
}
