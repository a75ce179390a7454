package io.voiceagent.manifests.access;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Who may do what, as Strimzi's {@code KafkaUser} documents say it. */
public final class AccessRules {
    private AccessRules() {}

    /**
     * The rules of all users, in the order of the file; the principal is {@code User:} and the document's name.
     *
     * @param yaml documents of kind {@code KafkaUser}
     * @throws IllegalArgumentException a document has something that is not known here
     */
    public static List<AclBinding> of(String yaml) {
        List<AclBinding> rules = new ArrayList<>();
        for (Object document : new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(yaml)) {
            Map<?, ?> user = map(document);
            String principal = "User:" + text(map(user.get("metadata")), "name");
            Map<?, ?> authorization = map(map(user.get("spec")).get("authorization"));
            for (Object each : list(authorization.get("acls"))) {
                Map<?, ?> acl = map(each);
                ResourcePattern resource = resource(map(acl.get("resource")));
                for (Object operation : list(acl.get("operations"))) {
                    rules.add(new AclBinding(
                            resource,
                            new AccessControlEntry(
                                    principal, "*", operation(String.valueOf(operation)), AclPermissionType.ALLOW)));
                }
            }
        }
        return List.copyOf(rules);
    }

    /** The users' names, without {@code User:}. */
    public static List<String> users(List<AclBinding> rules) {
        return rules.stream()
                .map(rule -> rule.entry().principal().substring("User:".length()))
                .distinct()
                .toList();
    }

    private static ResourcePattern resource(Map<?, ?> resource) {
        ResourceType type = switch (text(resource, "type")) {
            case "topic" -> ResourceType.TOPIC;
            case "group" -> ResourceType.GROUP;
            case "transactionalId" -> ResourceType.TRANSACTIONAL_ID;
            default -> throw unknown("type", resource);
        };
        PatternType pattern = switch (String.valueOf(resource.get("patternType"))) {
            case "prefix" -> PatternType.PREFIXED;
            case "literal", "null" -> PatternType.LITERAL;
            default -> throw unknown("patternType", resource);
        };
        return new ResourcePattern(type, text(resource, "name"), pattern);
    }

    /** {@code DescribeConfigs} is {@code DESCRIBE_CONFIGS}. */
    private static AclOperation operation(String name) {
        return AclOperation.valueOf(name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT));
    }

    private static Map<?, ?> map(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw unknown("document", value);
    }

    private static List<?> list(@Nullable Object value) {
        if (value instanceof List<?> list) {
            return list;
        }
        throw unknown("list", value);
    }

    private static String text(Map<?, ?> map, String key) {
        return Objects.requireNonNull((String) map.get(key), key);
    }

    private static IllegalArgumentException unknown(String what, @Nullable Object value) {
        return new IllegalArgumentException("No known " + what + ": " + value);
    }
}
