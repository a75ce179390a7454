package io.voiceagent.manifests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * The health check of a container whose image has neither a shell nor curl: asks the service beside it once, and exits with 0 for a 200, 1 for
 * anything else, 2 when it is called wrongly. Where {@code TLS_CERTIFICATE_FILE} is set the service speaks TLS, and only that certificate is
 * taken for its; the name in it is not looked at, since the service is asked by its loopback address.
 *
 * <p>Sockets instead of an HTTP client, which would take four times as long to load.
 */
public final class HealthProbe {
    private static final int CONNECT_MILLIS = 2_000;
    private static final int READ_MILLIS = 4_000;
    private static final int MAX_PORT = 65_535;

    private HealthProbe() {}

    /** @param args port and path, such as {@code 8000 /api/v1/health} */
    public static void main(String[] args) {
        System.exit(run(args, System.getenv().getOrDefault("TLS_CERTIFICATE_FILE", "")));
    }

    /**
     * What {@link #main} exits with.
     *
     * @param certificate PEM file, or empty for a service without TLS
     */
    static int run(String[] args, String certificate) {
        if (args.length != 2
                || !args[0].matches("\\d{1,5}")
                || Integer.parseInt(args[0]) > MAX_PORT
                || !args[1].matches("/[!-~]*")) {
            System.err.println("usage: HealthProbe PORT PATH");
            return 2;
        }
        try {
            String status = ask(
                    Integer.parseInt(args[0]),
                    args[1],
                    Optional.of(certificate).filter(name -> !name.isBlank()).map(Path::of));
            if (status.matches("HTTP/1\\.[01] 200( .*)?")) {
                return 0;
            }
            System.err.println("unhealthy: " + status);
        } catch (IOException | GeneralSecurityException e) {
            System.err.println("unhealthy: " + e);
        }
        return 1;
    }

    private static String ask(int port, String path, Optional<Path> certificate)
            throws IOException, GeneralSecurityException {
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            plain.setSoTimeout(READ_MILLIS);
            Socket socket = certificate.isEmpty()
                    ? plain
                    : trusting(certificate.get()).createSocket(plain, "localhost", port, true);
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            String status = answer.readLine();
            return status == null ? "closed without an answer" : status.replaceAll("[^ -~]", "?");
        }
    }

    private static SSLSocketFactory trusting(Path certificate) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            int number = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("certificate-" + number++, each);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }
}
