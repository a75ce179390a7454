package io.voiceagent.ingress.webhook;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whether an address is on the public Internet. A tenant chooses the URL, and a name may lead anywhere: without this the service would send
 * requests from inside of its own network. The blocks are those of the IANA special-purpose registries (RFC 6890) that are not globally
 * reachable, and of IPv6 everything outside of 2000::/3.
 */
final class AddressGuard {
    private static final List<Block> CLOSED = Stream.of(
                    "0.0.0.0/8",
                    "10.0.0.0/8",
                    "100.64.0.0/10",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "172.16.0.0/12",
                    "192.0.0.0/24",
                    "192.0.2.0/24",
                    "192.88.99.0/24",
                    "192.168.0.0/16",
                    "198.18.0.0/15",
                    "198.51.100.0/24",
                    "203.0.113.0/24",
                    "224.0.0.0/4",
                    "240.0.0.0/4",
                    // Protocol assignments (Teredo, ORCHID), documentation, and 6to4, which leads to any IPv4 address
                    "2001::/23",
                    "2001:db8::/32",
                    "2002::/16",
                    "3fff::/20")
            .map(Block::parse)
            .toList();
    private static final Block GLOBAL_UNICAST = Block.parse("2000::/3");
    /** The last four bytes are the IPv4 address that is reached (RFC 6052). */
    private static final Block NAT64 = Block.parse("64:ff9b::/96");

    private static final int V4_IN_NAT64 = 12;

    private AddressGuard() {}

    /** Whether a request may be sent to it. An IPv4 address mapped into IPv6 is judged as what it is. */
    static boolean isPublic(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (NAT64.contains(bytes)) {
            return isPublic(Block.address(Arrays.copyOfRange(bytes, V4_IN_NAT64, bytes.length)));
        }
        if (!(address instanceof Inet4Address) && !GLOBAL_UNICAST.contains(bytes)) {
            return false;
        }
        return CLOSED.stream().noneMatch(block -> block.contains(bytes));
    }

    /**
     * All addresses with a common beginning.
     *
     * @param bits how long the beginning is
     */
    private record Block(byte[] prefix, int bits) {
        static Block parse(String cidr) {
            int slash = cidr.indexOf('/');
            return new Block(
                    InetAddress.ofLiteral(cidr.substring(0, slash)).getAddress(),
                    Integer.parseInt(cidr, slash + 1, cidr.length(), 10));
        }

        static InetAddress address(byte[] bytes) {
            try {
                return InetAddress.getByAddress(bytes);
            } catch (java.net.UnknownHostException e) {
                throw new IllegalStateException("four bytes are an address", e);
            }
        }

        boolean contains(byte[] address) {
            if (address.length != prefix.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >>> (bit % 8);
                if (((prefix[bit / 8] ^ address[bit / 8]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }
}
