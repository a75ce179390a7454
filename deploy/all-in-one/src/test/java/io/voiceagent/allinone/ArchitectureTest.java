package io.voiceagent.allinone;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.voiceagent.allinone", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    /** Starts the services by their front doors and knows nothing of what is behind them. */
    @ArchTest
    static final ArchRule knowsServicesByTheirRootPackagesAlone = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.jspecify..",
                    "org.slf4j",
                    "org.springframework.context",
                    "org.springframework.core.env",
                    "org.springframework.boot.health..",
                    "io.voiceagent.allinone",
                    "io.voiceagent.embedded",
                    "io.voiceagent.simulator",
                    "io.voiceagent.ingress",
                    "io.voiceagent.agent",
                    "io.voiceagent.tool",
                    "io.voiceagent.archiver");
}
