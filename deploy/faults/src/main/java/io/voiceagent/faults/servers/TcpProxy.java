package io.voiceagent.faults.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A piece of network on loopback that can be cut and slowed without being root: whoever connects to its {@link #port} reaches another
 * port. A silent cut keeps connections and what is under way, as TCP does when packets are dropped: it arrives when the cut is over.
 * Other than with a real cut a new connection is taken and stays silent.
 */
public final class TcpProxy implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TcpProxy.class);
    private static final int BACKLOG = 128;
    private static final int CHUNK = 16 * 1024;
    /** Of one connection and direction: what a slow network holds. */
    private static final int CHUNKS = 64;

    private static final long LOOK_NANOS = Duration.ofMillis(5).toNanos();
    private static final Quality WHOLE = new Quality(false, false, 0, Long.MAX_VALUE);

    private final int target;
    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile Quality quality = WHOLE;

    /**
     * How the network is.
     *
     * @param silent nothing passes
     * @param refusing connections end at once
     */
    private record Quality(boolean silent, boolean refusing, long delayNanos, long bytesPerSecond) {}

    private record Chunk(byte[] bytes, long dueNanos) {}

    private TcpProxy(InetSocketAddress address, int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket();
        server.bind(address, BACKLOG);
    }

    /** Starts one before that port of loopback, which need not be open yet. */
    public static TcpProxy before(int port) throws IOException {
        return before(port, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** The same, listening there. */
    static TcpProxy before(int port, InetSocketAddress address) throws IOException {
        TcpProxy proxy = new TcpProxy(address, port);
        Thread.ofVirtual().name("proxy-" + port).start(proxy::accept);
        return proxy;
    }

    /** Where it listens. */
    public int port() {
        return server.getLocalPort();
    }

    /** From now on nothing passes, in either direction; nobody is told. */
    public void silence() {
        quality = new Quality(true, false, 0, Long.MAX_VALUE);
    }

    /** Resets all connections, and each new one. */
    public void refuse() {
        quality = new Quality(false, true, 0, Long.MAX_VALUE);
        open.forEach(TcpProxy::reset);
    }

    /**
     * Everything takes longer.
     *
     * @param delay one way
     * @param bytesPerSecond of all connections together, in each direction; 1 or more
     */
    public void slow(Duration delay, long bytesPerSecond) {
        quality = new Quality(false, false, delay.toNanos(), bytesPerSecond);
    }

    /** All passes again, what was held back first. */
    public void heal() {
        quality = WHOLE;
    }

    @Override
    public void close() throws IOException {
        server.close();
        open.forEach(TcpProxy::reset);
    }

    private void accept() {
        AtomicLong there = new AtomicLong(System.nanoTime());
        AtomicLong back = new AtomicLong(System.nanoTime());
        while (!server.isClosed()) {
            try {
                Socket from = server.accept();
                Thread.ofVirtual().start(() -> join(from, there, back));
            } catch (SocketException e) {
                LOG.debug("The proxy before {} ended", target, e);
            } catch (IOException e) {
                LOG.warn("The proxy before {} takes no connection", target, e);
            }
        }
    }

    private void join(Socket from, AtomicLong there, AtomicLong back) {
        Socket to = new Socket();
        open.add(from);
        open.add(to);
        try {
            from.setTcpNoDelay(true);
            to.setTcpNoDelay(true);
            if (quality.refusing()) {
                reset(from);
            }
            to.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
            Thread other = Thread.ofVirtual().start(() -> pump(to, from, back));
            pump(from, to, there);
            other.join();
        } catch (IOException e) {
            LOG.debug("No connection to {}", target, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reset(from);
            reset(to);
            open.remove(from);
            open.remove(to);
        }
    }

    /** Until one of them ends; what was read until then is still written. */
    private void pump(Socket from, Socket to, AtomicLong free) {
        BlockingQueue<Chunk> way = new ArrayBlockingQueue<>(CHUNKS);
        Thread writer = Thread.ofVirtual().start(() -> write(way, to));
        byte[] buffer = new byte[CHUNK];
        try {
            int read = from.getInputStream().read(buffer);
            while (read > 0) {
                way.put(new Chunk(Arrays.copyOf(buffer, read), due(read, free)));
                read = from.getInputStream().read(buffer);
            }
        } catch (IOException e) {
            LOG.debug("A connection to {} broke", target, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end(way, writer, to);
        }
    }

    private static void end(BlockingQueue<Chunk> way, Thread writer, Socket to) {
        try {
            way.put(new Chunk(new byte[0], 0));
            writer.join();
            to.shutdownOutput();
        } catch (IOException e) {
            LOG.debug("It had ended before", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(BlockingQueue<Chunk> way, Socket to) {
        boolean broken = false;
        try {
            for (Chunk chunk = way.take(); chunk.bytes().length > 0; chunk = way.take()) {
                while (!broken && (quality.silent() || System.nanoTime() < chunk.dueNanos()) && !to.isClosed()) {
                    LockSupport.parkNanos(
                            quality.silent()
                                    ? LOOK_NANOS
                                    : Math.min(LOOK_NANOS, Math.max(1, chunk.dueNanos() - System.nanoTime())));
                }
                broken = broken || !wrote(to, chunk);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean wrote(Socket to, Chunk chunk) {
        try {
            to.getOutputStream().write(chunk.bytes());
            return true;
        } catch (IOException e) {
            LOG.debug("Nobody reads any more", e);
            reset(to);
            return false;
        }
    }

    /** When these bytes are there: after all before them, and the way. */
    private long due(int bytes, AtomicLong free) {
        Quality now = quality;
        if (now.bytesPerSecond() == Long.MAX_VALUE) {
            return System.nanoTime() + now.delayNanos();
        }
        long takes = bytes * Duration.ofSeconds(1).toNanos() / now.bytesPerSecond();
        return free.updateAndGet(before -> Math.max(before, System.nanoTime()) + takes) + now.delayNanos();
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (SocketException e) {
            LOG.debug("Not open any more", e);
        }
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("It could not be closed", e);
        }
    }
}
