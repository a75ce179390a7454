package io.voiceagent.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.manifests.access.AccessRules;
import java.util.List;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.junit.jupiter.api.Test;

/** That the rules suffice, and no more than that, is shown by a whole system on a broker that has them. */
class KafkaAccessTest {
    private static final List<AclBinding> RULES =
            AccessRules.of(Project.read("deploy/k8s/components/strimzi/users.yaml"));

    @Test
    void everyServiceHasAUser() {
        assertThat(AccessRules.users(RULES))
                .containsExactlyInAnyOrder(
                        "voice-agent-api-kafka",
                        "voice-agent-orchestrator-kafka",
                        "voice-agent-worker-kafka",
                        "voice-agent-tools-kafka",
                        "voice-agent-archiver-kafka");
    }

    @Test
    void patternsAndOperationsAreTakenAsTheyStand() {
        assertThat(RULES).anySatisfy(rule -> {
            assertThat(rule.pattern().name()).isEqualTo("agent.");
            assertThat(rule.pattern().patternType()).isEqualTo(PatternType.PREFIXED);
            assertThat(rule.entry().operation()).isEqualTo(AclOperation.DESCRIBE_CONFIGS);
        });
        assertThat(RULES)
                .filteredOn(rule -> rule.pattern().name().equals("agent.requests")
                        && rule.entry().operation() == AclOperation.WRITE)
                .extracting(rule -> rule.entry().principal())
                .containsExactly("User:voice-agent-api-kafka");
    }

    @Test
    void whatIsNotKnownIsRefused() {
        assertThatThrownBy(() -> AccessRules.of("""
                        metadata: {name: a}
                        spec: {authorization: {acls: [{resource: {type: cluster, name: x}, operations: [All]}]}}
                        """))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cluster");
    }
}
