package io.voiceagent.embedded;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files and directories that only their owner may read. */
public final class PrivateFiles {

    private static final Logger LOG = LoggerFactory.getLogger(PrivateFiles.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SECRET_BYTES = 24;

    private PrivateFiles() {}

    /**
     * Writes the file as a whole or not at all, mode 600.
     *
     * @throws IOException if the directory cannot be written
     */
    public static void write(Path file, String text) throws IOException {
        Path draft = Files.createTempFile(
                file.toAbsolutePath().getParent(),
                file.getFileName().toString(),
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * What the file holds, or, at the first call, what is made for it.
     *
     * @param make gives the text to keep, without line breaks
     * @throws IOException if the file cannot be read or written
     */
    public static String keep(Path file, Supplier<String> make) throws IOException {
        if (!Files.exists(file)) {
            write(file, make.get());
        }
        return Files.readString(file).strip();
    }

    /** A new secret of letters and digits, about 190 bits. */
    public static String secret() {
        var bytes = new byte[SECRET_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).replaceAll("[-_]", "0");
    }

    /**
     * A directory for this user below the one for temporary files, or the fallback when somebody else has that name:
     * programs are run from there, so nobody else may put one in.
     */
    static Path sharedTempDirectory(String name, Path fallback) {
        Path directory = Path.of(System.getProperty("java.io.tmpdir"), name + "-" + System.getProperty("user.name"));
        try {
            try {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException e) {
                LOG.trace("Using {}", directory, e);
            }
            boolean ours = Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS)
                            .getName()
                            .equals(System.getProperty("user.name"))
                    && PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS))
                            .equals("rwx------");
            return ours ? directory : fallback;
        } catch (IOException e) {
            LOG.debug("{} cannot be used, using {}", directory, fallback, e);
            return fallback;
        }
    }
}
