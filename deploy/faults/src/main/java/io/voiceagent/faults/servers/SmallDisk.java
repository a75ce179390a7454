package io.voiceagent.faults.servers;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A disk of a few hundred megabytes that can be filled: a tmpfs, which only root may mount. */
public final class SmallDisk implements AutoCloseable {
    private static final int BLOCK = 64 * 1024;

    private final Path directory;
    private final Path ballast;

    private SmallDisk(Path directory) {
        this.directory = directory;
        this.ballast = directory.resolve("ballast");
    }

    /** Whether this system and user can mount one. */
    public static boolean possible() {
        return Files.exists(Path.of("/proc/self/mounts")) && "root".equals(System.getProperty("user.name"));
    }

    /** Mounts one there. */
    public static SmallDisk mount(Path directory, int megabytes) throws IOException {
        Files.createDirectories(directory);
        int status = Commands.run(
                List.of("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", directory.toString()));
        if (status != 0) {
            throw new IOException("mount of a tmpfs on " + directory + " ended with " + status);
        }
        return new SmallDisk(directory);
    }

    /** For what is to be on it. */
    public Path data() {
        return directory.resolve("data");
    }

    /** Takes all the space that is left. */
    public void fill() {
        byte[] block = new byte[BLOCK];
        try (OutputStream out = Files.newOutputStream(ballast)) {
            while (directory.toFile().getUsableSpace() > 0) {
                out.write(block);
            }
        } catch (IOException e) {
            // That no space is left is what it is for
            if (directory.toFile().getUsableSpace() >= BLOCK) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Gives the space back. */
    public void free() {
        try {
            Files.deleteIfExists(ballast);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Megabytes that are used. */
    public long used() {
        return (directory.toFile().getTotalSpace() - directory.toFile().getUsableSpace()) >> 20;
    }

    /** Whoever uses it has ended before. */
    @Override
    public void close() {
        Commands.run(List.of("umount", "-l", directory.toString()));
    }
}
