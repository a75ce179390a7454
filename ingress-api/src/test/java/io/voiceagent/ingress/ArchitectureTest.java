package io.voiceagent.ingress;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.net.URI;
import java.net.URISyntaxException;

/** Who may import what. */
@AnalyzeClasses(packages = "io.voiceagent", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String KAFKA = "org.apache.kafka..";

    @ArchTest
    static final ArchRule theWebKnowsNeitherKafkaNorTheDatabase = noClasses()
            .that()
            .resideInAnyPackage("io.voiceagent.ingress.web..", "io.voiceagent.ingress.security..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    KAFKA, "java.sql..", "javax.sql..", "org.springframework.kafka..", "org.springframework.jdbc..");

    @ArchTest
    static final ArchRule parsingIsPure = classes()
            .that()
            .resideInAPackage("io.voiceagent.ingress.submit.spec..")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                            "java.lang..",
                            "java.nio..",
                            "java.util..",
                            "org.jspecify..",
                            "tools.jackson..",
                            "io.voiceagent.format",
                            "io.voiceagent.messages..",
                            "io.voiceagent.ingress.refusal..",
                            "io.voiceagent.ingress.follow..",
                            "io.voiceagent.ingress.submit.spec..")
                    .or(belongToAnyOf(URI.class, URISyntaxException.class)));

    @ArchTest
    static final ArchRule parsingAsksOnlyTheCatalogueOfTools = noClasses()
            .that()
            .resideInAPackage("io.voiceagent.ingress.submit.spec..")
            .should()
            .dependOnClassesThat()
            .haveNameMatching("io\\.voiceagent\\.ingress\\.follow\\.(?!ToolCatalogue).*");

    @ArchTest
    static final ArchRule nothingButTheConfigurationKnowsTheWeb = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.voiceagent.ingress.submit..",
                    "io.voiceagent.ingress.follow..",
                    "io.voiceagent.ingress.view..",
                    "io.voiceagent.ingress.security..",
                    "io.voiceagent.ingress.refusal..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.voiceagent.ingress.web..", "io.voiceagent.ingress.config..");

    @ArchTest
    static final ArchRule aRefusalKnowsNothing = classes()
            .that()
            .resideInAPackage("io.voiceagent.ingress.refusal..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", "io.voiceagent.ingress.refusal..");

    @ArchTest
    static final ArchRule noServiceKnowsAnother = noClasses()
            .that()
            .resideInAPackage("io.voiceagent.ingress..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.voiceagent.agent..", "io.voiceagent.tool..", "io.voiceagent.archiver..");

    @ArchTest
    static final ArchRule thereAreNoCycles =
            slices().matching("io.voiceagent.ingress.(*)..").should().beFreeOfCycles();
}
