package io.voiceagent.archiver;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;

/** Who may import whom in this module. */
@AnalyzeClasses(packages = "io.voiceagent.archiver", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String ROOT = "io.voiceagent.archiver.";

    /** What is archived, backed up and asked for: each stands alone, so that one can change without the others. */
    private static final List<String> SUBJECTS = List.of("spans", "metrics", "responses", "backup", "query", "tail");

    @ArchTest
    static void subjectsDoNotImportEachOther(com.tngtech.archunit.core.domain.JavaClasses all) {
        for (String subject : SUBJECTS) {
            String[] others = SUBJECTS.stream()
                    .filter(other -> !other.equals(subject))
                    .map(other -> ROOT + other + "..")
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(ROOT + subject + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(others)
                    .allowEmptyShould(true)
                    .check(all);
        }
    }

    @ArchTest
    static final ArchRule onlyConfigKnowsAll = noClasses()
            .that()
            .resideInAnyPackage(packages("ingest", "otlp", "spans", "metrics", "responses", "backup", "query", "tail"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + "config..");

    @ArchTest
    static final ArchRule springIsForWiring = noClasses()
            .that()
            .resideInAnyPackage(packages("ingest", "otlp", "spans", "metrics", "responses", "backup", "tail"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework..");

    @ArchTest
    static final ArchRule theCommonPartKnowsNoSubject = noClasses()
            .that()
            .resideInAnyPackage(packages("ingest", "otlp"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    SUBJECTS.stream().map(subject -> ROOT + subject + "..").toArray(String[]::new));

    @ArchTest
    static final ArchRule decodersArePure = classes()
            .that()
            .resideInAnyPackage(packages("otlp", "spans", "metrics"))
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(Stream.concat(
                            Stream.of(packages("ingest", "otlp", "spans", "metrics")),
                            Stream.of(
                                    "java.lang..",
                                    "java.util..",
                                    "java.io..",
                                    "java.time..",
                                    "com.google.protobuf..",
                                    "io.opentelemetry.proto..",
                                    "tools.jackson.core..",
                                    "org.jspecify.."))
                    .toArray(String[]::new));

    @ArchTest
    static final ArchRule noOtherService = noClasses()
            .that()
            .resideInAPackage("io.voiceagent.archiver..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.voiceagent.ingress..",
                    "io.voiceagent.agent..",
                    "io.voiceagent.tool..",
                    "io.voiceagent.simulator..",
                    "io.voiceagent.embedded..",
                    "io.voiceagent.allinone..");

    private static String[] packages(String... names) {
        return Stream.of(names).map(name -> ROOT + name + "..").toArray(String[]::new);
    }
}
