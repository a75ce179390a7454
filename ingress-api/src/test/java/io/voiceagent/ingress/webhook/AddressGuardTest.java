package io.voiceagent.ingress.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressGuardTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "10.1.2.3",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.170",
                "192.168.1.1",
                "198.19.0.1",
                "203.0.113.9",
                "224.0.0.1",
                "239.255.255.255",
                "255.255.255.255",
                "::",
                "::1",
                "::7f00:1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "64:ff9b::7f00:1",
                "64:ff9b::a9fe:a9fe",
                "64:ff9b:1::1",
                "100::1",
                "2001::1",
                "2001:db8::1",
                "2002:7f00:1::1",
                "3fff::1",
                "5f00::1",
                "fc00::1",
                "fd00:ec2::254",
                "fe80::1",
                "fec0::1",
                "ff02::1"
            })
    void whatIsNotOnThePublicInternetIsRefused(String address) {
        assertThat(AddressGuard.isPublic(InetAddress.ofLiteral(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "8.8.8.8",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "223.255.255.255",
                "2606:4700::1111",
                "2a00:1450:4001::1",
                "64:ff9b::808:808",
                "::ffff:8.8.8.8"
            })
    void whatIsIsTaken(String address) {
        assertThat(AddressGuard.isPublic(InetAddress.ofLiteral(address))).isTrue();
    }

    /** The platform's own idea of what is local is narrower, so all of it must be refused. */
    @Property
    void whatThePlatformKnowsAsLocalIsRefusedInEveryForm(@ForAll @Size(4) byte[] v4) throws UnknownHostException {
        InetAddress plain = InetAddress.getByAddress(v4);
        if (plain.isSiteLocalAddress()
                || plain.isLoopbackAddress()
                || plain.isLinkLocalAddress()
                || plain.isMulticastAddress()
                || plain.isAnyLocalAddress()) {
            assertThat(AddressGuard.isPublic(plain)).isFalse();
        }
        assertThat(AddressGuard.isPublic(in(v4, "::ffff:0:0"))).isEqualTo(AddressGuard.isPublic(plain));
        assertThat(AddressGuard.isPublic(in(v4, "64:ff9b::"))).isEqualTo(AddressGuard.isPublic(plain));
        assertThat(AddressGuard.isPublic(in(v4, "2002::"))).isFalse();
    }

    @Property
    void nothingOutsideOfGlobalUnicastIsTaken(@ForAll @Size(16) byte[] v6) throws UnknownHostException {
        v6[0] = (byte) ((v6[0] & 0x1f) | 0xe0);
        assertThat(AddressGuard.isPublic(InetAddress.getByAddress(v6))).isFalse();
    }

    private static InetAddress in(byte[] v4, String prefix) throws UnknownHostException {
        byte[] bytes = prefix.startsWith("::ffff")
                ? new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0}
                : InetAddress.ofLiteral(prefix).getAddress().clone();
        System.arraycopy(v4, 0, bytes, 12, 4);
        return InetAddress.getByAddress(bytes);
    }
}
