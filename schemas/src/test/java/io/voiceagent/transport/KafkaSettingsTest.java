package io.voiceagent.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings are read, checked and handed on; every refusal names its variable. */
class KafkaSettingsTest {
    @Test
    void hasDefaultsForALocalBroker() {
        KafkaSettings settings = KafkaSettings.from(Variables.of(Map.of("AGENT_PARTITIONS", " ")));

        assertThat(settings).isEqualTo(new KafkaSettings("localhost:9092", 12, 64, 1, 1, Map.of()));
        assertThat(settings.clientProperties()).containsEntry("bootstrap.servers", "localhost:9092");
    }

    @Test
    void handsSecurityThroughAndNeverShowsIt() {
        KafkaSettings settings = KafkaSettings.from(Variables.of(Map.of(
                "KAFKA_BOOTSTRAP_SERVERS", "b1.example:9093,[::1]:9093",
                "KAFKA_SECURITY_PROTOCOL", "SASL_SSL",
                "KAFKA_SASL_MECHANISM", "SCRAM-SHA-512",
                "KAFKA_SASL_JAAS_CONFIG", "hunter2",
                "KAFKA_SSL_TRUSTSTORE_PASSWORD", "hunter3")));

        assertThat(settings.clientProperties())
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("sasl.jaas.config", "hunter2")
                .containsEntry("ssl.truststore.password", "hunter3");
        assertThat(settings.toString()).contains("sasl.jaas.config").doesNotContain("hunter");
    }

    @ParameterizedTest
    @CsvSource({
        "AGENT_PARTITIONS, 0",
        "AGENT_PARTITIONS, twelve",
        "CALL_PARTITIONS, 1025",
        "KAFKA_REPLICATION_FACTOR, -1",
        "KAFKA_MIN_ISR, 2",
        "KAFKA_BOOTSTRAP_SERVERS, localhost",
        "KAFKA_BOOTSTRAP_SERVERS, 'a:1,,b:2'",
        "KAFKA_BOOTSTRAP_SERVERS, a:99999",
        "KAFKA_SECURITY_PROTOCOL, TLS",
        "KAFKA_SASL_MECHANISM, PLAIN",
    })
    void refusesANonsensicalValueByItsName(String variable, String value) {
        Map<String, String> values = new HashMap<>(Map.of(variable, value));

        assertThatThrownBy(() -> KafkaSettings.from(Variables.of(values)))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith(variable)
                .hasMessageMatching("(?s).*\\. (Use|Set) .*");
    }

    @Test
    void refusesSaslWithoutAMechanism() {
        assertThatThrownBy(() -> KafkaSettings.from(Variables.of(Map.of("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"))))
                .hasMessageStartingWith("KAFKA_SASL_MECHANISM is not set");
    }
}
