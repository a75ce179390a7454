package io.voiceagent.allinone;

import io.voiceagent.embedded.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory that keeps everything from one start to the next; one process at a time may have it. */
final class DataDirectory implements AutoCloseable {

    /** Below this much free space, in bytes, a start would end in a broker that cannot write. */
    static final long MIN_FREE_BYTES = 1L << 30;

    private static final String LOCK_FILE = "in-use";

    /** What {@code --fresh} removes: these names and nothing else, whatever directory was given. */
    private static final List<String> OURS = List.of("broker", "postgres", "state", "api-keys", "response-id-key");

    private final Path root;
    private final FileChannel lock;
    private final boolean kept;

    private DataDirectory(Path root, FileChannel lock) {
        this.root = root;
        this.lock = lock;
        this.kept = Files.exists(broker());
    }

    /**
     * Takes the directory for this process.
     *
     * @param fresh whether to remove what earlier starts kept
     * @param address where this process will be found; told to whoever tries to start on the same directory
     * @throws StartFailure if another process has it, it cannot be written, or its disk is full
     */
    static DataDirectory open(Path root, boolean fresh, String address) {
        try {
            Files.createDirectories(root);
            FileChannel lock = FileChannel.open(
                    root.resolve(LOCK_FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            try {
                take(root, lock, address);
                if (fresh) {
                    clear(root);
                }
                requireSpace(root);
                return new DataDirectory(root, lock);
            } catch (StartFailure | IOException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new StartFailure("cannot write to " + root + " (" + e + "): choose another directory with --data", e);
        }
    }

    Path root() {
        return root;
    }

    /** Whether an earlier start left something here. */
    boolean kept() {
        return kept;
    }

    Path broker() {
        return root.resolve("broker");
    }

    Path postgres() {
        return root.resolve("postgres");
    }

    /** Where stream stores are kept, so that a restart fences and goes on at once. */
    Path state() {
        return root.resolve("state");
    }

    Path logs() {
        return root.resolve("logs");
    }

    Path log() {
        return logs().resolve("voice-agent.log");
    }

    /**
     * A secret of this installation, made at the first call, readable by its owner alone.
     *
     * @throws StartFailure if it cannot be kept
     */
    String secret(String name, Supplier<String> make) {
        try {
            return PrivateFiles.keep(root.resolve(name), make);
        } catch (IOException e) {
            throw new StartFailure("cannot keep a secret in " + root.resolve(name) + ": " + e, e);
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    private static void take(Path root, FileChannel lock, String address) throws IOException {
        if (!tryLock(lock)) {
            String owner = Files.readString(root.resolve(LOCK_FILE)).strip();
            throw new StartFailure("already running on " + root + (owner.isEmpty() ? "" : " at " + owner)
                    + ": use that one, end it, or choose another directory with --data");
        }
        lock.truncate(0);
        lock.write(ByteBuffer.wrap(
                (address + " (pid " + ProcessHandle.current().pid() + ")\n").getBytes(StandardCharsets.UTF_8)));
    }

    private static boolean tryLock(FileChannel lock) throws IOException {
        try {
            @Nullable Object held = lock.tryLock();
            return held != null;
        } catch (OverlappingFileLockException e) { // held by this very process
            return false;
        }
    }

    private static void clear(Path root) throws IOException {
        for (String name : OURS) {
            Path path = root.resolve(name);
            if (!Files.exists(path)) {
                continue;
            }
            try (Stream<Path> tree = Files.walk(path)) {
                for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    private static void requireSpace(Path root) throws IOException {
        long free = Files.getFileStore(root).getUsableSpace();
        if (free < MIN_FREE_BYTES) {
            throw new StartFailure("only " + (free >> 20) + " MB free where " + root + " is, " + (MIN_FREE_BYTES >> 20)
                    + " MB are needed: free some or choose another disk with --data");
        }
    }
}
