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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files and directories that only their owner may read. */
final class PrivateFiles {

    private static final Logger LOG = LoggerFactory.getLogger(PrivateFiles.class);
    private static final int SECRET_BYTES = 24;

    private PrivateFiles() {}

    /** Writes the file as a whole or not at all, mode 600. */
    static void write(Path file, String text) throws IOException {
        Path draft = Files.createTempFile(
                file.toAbsolutePath().getParent(),
                file.getFileName().toString(),
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The secret in the file, which is made at the first call: letters and digits, 192 bits. */
    static String secret(Path file) throws IOException {
        if (!Files.exists(file)) {
            write(file, newSecret());
        }
        return Files.readString(file).strip();
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

    private static String newSecret() {
        var bytes = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).replaceAll("[-_]", "0");
    }
}
