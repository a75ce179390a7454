package io.voiceagent.embedded;

/** Keeps a server up until the JVM is told to end. */
final class UntilShutdown {

    private UntilShutdown() {}

    /** Prints the address, waits, and closes the server in a shutdown hook; never returns normally. */
    static void serve(AutoCloseable server, String address) throws InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server), "close-server"));
        System.out.println(address);
        System.out.flush();
        Thread.currentThread().join();
    }

    private static void close(AutoCloseable server) {
        try {
            server.close();
        } catch (Exception e) {
            System.err.println("The server did not stop cleanly: " + e);
        }
    }
}
