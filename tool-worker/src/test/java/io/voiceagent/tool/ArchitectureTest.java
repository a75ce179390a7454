package io.voiceagent.tool;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may import whom. */
@AnalyzeClasses(packages = "io.voiceagent.tool", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule CORE_IS_PURE = classes()
            .that()
            .resideInAPackage("..tool.core..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "io.voiceagent.tool.core..",
                    "io.voiceagent.messages..",
                    "tools.jackson.databind..",
                    "org.jspecify..");

    @ArchTest
    static final ArchRule CORE_HAS_NO_CLOCK_AND_NO_CHANCE = noClasses()
            .that()
            .resideInAPackage("..tool.core..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.time.Clock")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.util.random..", "java.util.concurrent..", "java.net.http..", "java.util.logging..")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(java.util.Random.class);

    @ArchTest
    static final ArchRule TOOLS_DO_NOT_KNOW_ONE_ANOTHER =
            slices().matching("io.voiceagent.tool.tools.(*)..").should().notDependOnEachOther();

    @ArchTest
    static final ArchRule TOOLS_KNOW_NO_KAFKA_SPRING_OR_STAGE = noClasses()
            .that()
            .resideInAPackage("..tool.tools..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.kafka..",
                    "org.springframework..",
                    "io.voiceagent.transport..",
                    "io.voiceagent.tool.stage..",
                    "io.voiceagent.tool.config..");

    @ArchTest
    static final ArchRule STAGE_KNOWS_NO_TOOL_AND_NO_SPRING = noClasses()
            .that()
            .resideInAPackage("..tool.stage..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.voiceagent.tool.tools..",
                    "io.voiceagent.tool.config..",
                    "org.springframework..",
                    "java.net.http..");

    @ArchTest
    static final ArchRule NOTHING_KNOWS_CONFIG = noClasses()
            .that()
            .resideOutsideOfPackage("io.voiceagent.tool.config..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.voiceagent.tool.config..");

    @ArchTest
    static final ArchRule NO_OTHER_SERVICE = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.voiceagent.ingress..", "io.voiceagent.agent..", "io.voiceagent.archiver..");
}
