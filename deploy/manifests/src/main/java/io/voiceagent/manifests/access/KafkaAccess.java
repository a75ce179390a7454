package io.voiceagent.manifests.access;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.KafkaUnavailableException;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.TopicMismatchException;
import io.voiceagent.transport.TopicSpecs;
import io.voiceagent.transport.Variables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.resource.PatternType;

/**
 * Makes what is missing on a Kafka: the topics, each service's rules of access, and their passwords where the environment has them. Nothing
 * is taken away, and a second run changes nothing.
 */
public final class KafkaAccess {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** RFC 5802's and Kafka's least. */
    private static final int ITERATIONS = 4_096;

    private static final String PASSWORD = "_PASSWORD";

    /**
     * What was done.
     *
     * @param rules that were not there before
     * @param passwords users whose password was set
     */
    public record Outcome(List<AclBinding> rules, List<String> passwords) {
        public Outcome {
            rules = List.copyOf(rules);
            passwords = List.copyOf(passwords);
        }
    }

    private KafkaAccess() {}

    /** Arguments: {@code print} or {@code apply}, and the file of the users. Exits with 1 when Kafka refuses, 2 when it is called wrongly. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 2 || !List.of("print", "apply").contains(args[0])) {
            System.err.println("usage: KafkaAccess print|apply FILE");
            System.exit(2);
        }
        try {
            KafkaSettings settings = KafkaSettings.from(Variables.ofEnvironment());
            List<AclBinding> rules = AccessRules.of(Files.readString(Path.of(args[1])));
            if (args[0].equals("print")) {
                commands(settings, rules).forEach(System.out::println);
                return;
            }
            Outcome outcome = apply(settings, rules, System.getenv());
            System.out.printf(
                    "%d topics are there; %d of %d rules were made, the others were there; passwords set: %s%n",
                    TopicSpecs.all(settings).size(),
                    outcome.rules().size(),
                    rules.size(),
                    outcome.passwords().isEmpty() ? "none" : String.join(", ", outcome.passwords()));
        } catch (InvalidSettingException | KafkaUnavailableException | TopicMismatchException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        } catch (ExecutionException e) {
            System.err.println("Kafka refused: " + e.getCause());
            System.exit(1);
        }
    }

    /**
     * Makes what is missing.
     *
     * @param environment may have a password for a user, under its name in upper case with underscores and {@code _PASSWORD} behind it
     */
    public static Outcome apply(KafkaSettings settings, List<AclBinding> rules, Map<String, String> environment)
            throws ExecutionException, InterruptedException {
        TopicCreator.ensure(settings, PATIENCE);
        try (Admin admin = Admin.create(new HashMap<>(settings.clientProperties()))) {
            Set<AclBinding> there = new HashSet<>(
                    admin.describeAcls(AclBindingFilter.ANY).values().get());
            List<AclBinding> missing =
                    rules.stream().filter(rule -> !there.contains(rule)).toList();
            if (!missing.isEmpty()) {
                admin.createAcls(missing).all().get();
            }
            List<UserScramCredentialAlteration> passwords = new ArrayList<>();
            for (String user : AccessRules.users(rules)) {
                String password = environment.getOrDefault(passwordVariable(user), "");
                if (!password.isBlank()) {
                    passwords.add(new UserScramCredentialUpsertion(
                            user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS), password));
                }
            }
            if (!passwords.isEmpty()) {
                admin.alterUserScramCredentials(passwords).all().get();
            }
            return new Outcome(
                    missing,
                    passwords.stream().map(UserScramCredentialAlteration::user).toList());
        }
    }

    /** The variable that has the user's password. */
    public static String passwordVariable(String user) {
        return user.replace('-', '_').toUpperCase(Locale.ROOT) + PASSWORD;
    }

    /** The same for Kafka's own command line tools, which ask for more than these: {@code --command-config}. */
    static List<String> commands(KafkaSettings settings, List<AclBinding> rules) {
        List<String> commands = new ArrayList<>();
        String server = " --bootstrap-server " + settings.bootstrapServers();
        TopicSpecs.all(settings)
                .forEach(topic -> commands.add(
                        "kafka-topics.sh%s --create --if-not-exists --topic %s --partitions %d --replication-factor %d%s"
                                .formatted(
                                        server,
                                        topic.name(),
                                        topic.partitions(),
                                        settings.replicationFactor(),
                                        topic.configs().entrySet().stream()
                                                .sorted(Map.Entry.comparingByKey())
                                                .map(config -> " --config " + config.getKey() + "=" + config.getValue())
                                                .collect(Collectors.joining()))));
        for (AclBinding rule : rules) {
            String resource = switch (rule.pattern().resourceType()) {
                case TOPIC -> "--topic";
                case GROUP -> "--group";
                default -> "--transactional-id";
            };
            commands.add("kafka-acls.sh%s --add --allow-principal %s --operation %s %s %s%s"
                    .formatted(
                            server,
                            rule.entry().principal(),
                            rule.entry().operation(),
                            resource,
                            rule.pattern().name(),
                            rule.pattern().patternType() == PatternType.PREFIXED
                                    ? " --resource-pattern-type prefixed"
                                    : ""));
        }
        return commands;
    }
}
