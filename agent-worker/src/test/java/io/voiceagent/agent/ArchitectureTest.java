package io.voiceagent.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.voiceagent.agent", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule CORE_IS_PURE = classes()
            .that()
            .resideInAPackage("io.voiceagent.agent.core..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.voiceagent.agent.core..",
                    "io.voiceagent.messages..",
                    "java.lang..",
                    "java.util..",
                    "tools.jackson.databind",
                    "org.jspecify.annotations");

    @ArchTest
    static final ArchRule CORE_HAS_NO_CLOCK_AND_NO_CHANCE = noClasses()
            .that()
            .resideInAPackage("io.voiceagent.agent.core..")
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Random")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.UUID");

    @ArchTest
    static final ArchRule TOPOLOGY_KNOWS_NO_HTTP_AND_NO_SPRING = noClasses()
            .that()
            .resideInAPackage("io.voiceagent.agent.topology..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework..",
                    "java.net.http..",
                    "java.sql..",
                    "io.voiceagent.agent.llm..",
                    "io.voiceagent.agent.config..");

    @ArchTest
    static final ArchRule LLM_KNOWS_NEITHER_CORE_NOR_TOPOLOGY = noClasses()
            .that()
            .resideInAPackage("io.voiceagent.agent.llm..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.voiceagent.agent.core..", "io.voiceagent.agent.topology..", "io.voiceagent.agent.config..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule NO_OTHER_SERVICE = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.voiceagent.ingress..", "io.voiceagent.tool..", "io.voiceagent.archiver..");
}
