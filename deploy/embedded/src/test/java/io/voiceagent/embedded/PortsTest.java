package io.voiceagent.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class PortsTest {

    @RepeatedTest(200)
    void aPairIsTwoPorts() {
        Ports.Pair pair = Ports.usablePair(0, "A server");

        assertThat(pair.first()).isPositive().isNotEqualTo(pair.second());
        assertThat(pair.second()).isPositive();
    }

    @Test
    void aPortThatIsAskedForIsTheFirst() {
        int free = Ports.usable(0, "A server");

        assertThat(Ports.usablePair(free, "A server").first()).isEqualTo(free);
    }

    @Test
    void aBusyPortIsNamed() throws IOException {
        try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getByName(Ports.LOOPBACK))) {
            assertThatThrownBy(() -> Ports.usablePair(busy.getLocalPort(), "The broker"))
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining("The broker")
                    .hasMessageContaining(Integer.toString(busy.getLocalPort()));
        }
    }
}
