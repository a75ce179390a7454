package io.voiceagent.transport;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * How to reach Kafka and how its topics are laid out; the same variables for every service.
 *
 * @param bootstrapServers {@code host:port[,host:port…]}; variable {@code KAFKA_BOOTSTRAP_SERVERS}
 * @param agentPartitions partitions of {@code agent.*} and {@code *.results}, fixed for the life of the installation
 *     because a conversation's place is computed from it; variable {@code AGENT_PARTITIONS}, 1 to 1024
 * @param callPartitions partitions of {@code *.calls}: roughly the number of workers that share none; variable
 *     {@code CALL_PARTITIONS}, 1 to 1024
 * @param replicationFactor copies of each partition; variable {@code KAFKA_REPLICATION_FACTOR}
 * @param minInsyncReplicas copies that must hold a record before it is acknowledged; variable {@code KAFKA_MIN_ISR}, at
 *     most the replication factor
 * @param security Kafka client properties of the connection ({@code security.protocol}, {@code sasl.*}, {@code ssl.*}),
 *     each from the variable {@code KAFKA_} + its name in upper case with underscores
 */
public record KafkaSettings(
        String bootstrapServers,
        int agentPartitions,
        int callPartitions,
        int replicationFactor,
        int minInsyncReplicas,
        Map<String, String> security) {
    private static final int MAX_PARTITIONS = 1024;
    private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9A-Fa-f:.%]+]|[^\\s:,\\[\\]]+):(\\d{1,5})");
    private static final Set<String> PROTOCOLS = Set.of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL");

    /** What may be handed through to every Kafka client; a fixed list, so that a typing error is not silently taken. */
    private static final List<String> SECURITY_PROPERTIES = List.of(
            "security.protocol",
            "sasl.mechanism",
            "sasl.jaas.config",
            "sasl.client.callback.handler.class",
            "sasl.login.callback.handler.class",
            "sasl.login.class",
            "sasl.oauthbearer.token.endpoint.url",
            "sasl.oauthbearer.scope.claim.name",
            "ssl.protocol",
            "ssl.enabled.protocols",
            "ssl.endpoint.identification.algorithm",
            "ssl.truststore.location",
            "ssl.truststore.password",
            "ssl.truststore.type",
            "ssl.truststore.certificates",
            "ssl.keystore.location",
            "ssl.keystore.password",
            "ssl.keystore.type",
            "ssl.keystore.key",
            "ssl.keystore.certificate.chain",
            "ssl.key.password");

    /** @throws InvalidSettingException when a value is out of its bounds or two values contradict each other */
    public KafkaSettings {
        requireAddresses(bootstrapServers);
        requireBetween("AGENT_PARTITIONS", agentPartitions, MAX_PARTITIONS);
        requireBetween("CALL_PARTITIONS", callPartitions, MAX_PARTITIONS);
        requireBetween("KAFKA_REPLICATION_FACTOR", replicationFactor, Short.MAX_VALUE);
        requireBetween("KAFKA_MIN_ISR", minInsyncReplicas, Short.MAX_VALUE);
        if (minInsyncReplicas > replicationFactor) {
            throw new InvalidSettingException(
                    "KAFKA_MIN_ISR",
                    "is %d, but there are only %d copies".formatted(minInsyncReplicas, replicationFactor),
                    "Set KAFKA_MIN_ISR to at most KAFKA_REPLICATION_FACTOR; with 3 copies, 2 is usual");
        }
        security = Map.copyOf(security);
        requireUsableSecurity(security);
    }

    /** Settings of a single local broker without security, for tests and the all-in-one. */
    public static KafkaSettings local(String bootstrapServers, int agentPartitions, int callPartitions) {
        return new KafkaSettings(bootstrapServers, agentPartitions, callPartitions, 1, 1, Map.of());
    }

    /**
     * Reads the settings from the variables.
     *
     * @throws InvalidSettingException naming the variable and the remedy
     */
    public static KafkaSettings from(Variables variables) {
        Map<String, String> security = new HashMap<>();
        for (String property : SECURITY_PROPERTIES) {
            String value = variables.find(variableOf(property));
            if (value != null) {
                security.put(property, value);
            }
        }
        return new KafkaSettings(
                variables.text("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
                variables.integer("AGENT_PARTITIONS", 12, 1, MAX_PARTITIONS),
                variables.integer("CALL_PARTITIONS", 64, 1, MAX_PARTITIONS),
                variables.integer("KAFKA_REPLICATION_FACTOR", 1, 1, Short.MAX_VALUE),
                variables.integer("KAFKA_MIN_ISR", 1, 1, Short.MAX_VALUE),
                security);
    }

    /** Properties every Kafka client of a service begins with: where the brokers are and how to speak to them. */
    public Map<String, Object> clientProperties() {
        Map<String, Object> properties = new HashMap<>(security);
        properties.put("bootstrap.servers", bootstrapServers);
        // The pipeline has its own metrics; subscriptions of the broker to client metrics would only cost requests
        properties.put("enable.metrics.push", false);
        return properties;
    }

    /** Names the security properties that are set, never their values. */
    @Override
    public String toString() {
        return "KafkaSettings[bootstrapServers=%s, agentPartitions=%d, callPartitions=%d, replicationFactor=%d,"
                        .formatted(bootstrapServers, agentPartitions, callPartitions, replicationFactor)
                + " minInsyncReplicas=%d, security=%s]"
                        .formatted(minInsyncReplicas, new TreeMap<>(security).navigableKeySet());
    }

    private static String variableOf(String property) {
        return "KAFKA_" + property.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    private static void requireBetween(String variable, int value, int max) {
        if (value < 1 || value > max) {
            throw new InvalidSettingException(
                    variable, "is " + value, "Use a whole number from 1 to %d".formatted(max));
        }
    }

    private static void requireAddresses(String bootstrapServers) {
        for (String address : bootstrapServers.split(",", -1)) {
            var parts = ADDRESS.matcher(address.trim());
            if (!parts.matches() || Integer.parseInt(parts.group(2)) > 65_535) {
                throw new InvalidSettingException(
                        "KAFKA_BOOTSTRAP_SERVERS",
                        "has \"%s\", which is not host:port".formatted(address),
                        "Use host:port[,host:port], such as localhost:9092");
            }
        }
    }

    private static void requireUsableSecurity(Map<String, String> security) {
        String protocol = security.getOrDefault("security.protocol", "PLAINTEXT");
        if (!PROTOCOLS.contains(protocol)) {
            throw new InvalidSettingException(
                    "KAFKA_SECURITY_PROTOCOL",
                    "is \"%s\", which is not known".formatted(protocol),
                    "Use one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL");
        }
        if (protocol.startsWith("SASL_") && !security.containsKey("sasl.mechanism")) {
            throw new InvalidSettingException(
                    "KAFKA_SASL_MECHANISM",
                    "is not set, but KAFKA_SECURITY_PROTOCOL is " + protocol,
                    "Set it, for example to SCRAM-SHA-512, and KAFKA_SASL_JAAS_CONFIG with the credentials");
        }
        for (String property : security.keySet()) {
            if (property.startsWith("sasl.") && !protocol.startsWith("SASL_")) {
                throw new InvalidSettingException(
                        variableOf(property),
                        "is set, but KAFKA_SECURITY_PROTOCOL is %s and would ignore it".formatted(protocol),
                        "Set KAFKA_SECURITY_PROTOCOL to SASL_SSL (or SASL_PLAINTEXT), or leave it out");
            }
        }
    }
}
