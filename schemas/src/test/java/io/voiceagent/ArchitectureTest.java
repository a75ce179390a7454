package io.voiceagent;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What the packages of this module may use. */
@AnalyzeClasses(packages = "io.voiceagent", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule MESSAGES_USE_THE_JDK_AND_JACKSON = classes()
            .that()
            .resideInAPackage("io.voiceagent.messages..")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "io.voiceagent.messages..",
                    "java..",
                    "tools.jackson..",
                    "com.fasterxml.jackson.annotation..",
                    "org.jspecify.annotations.."));

    @ArchTest
    static final ArchRule TRANSPORT_USES_NO_SPRING_AND_NO_SERVICE = noClasses()
            .that()
            .resideInAPackage("io.voiceagent.transport..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "org.springframework..",
                    "io.voiceagent.ingress..",
                    "io.voiceagent.agent..",
                    "io.voiceagent.tool..",
                    "io.voiceagent.archiver..",
                    "io.voiceagent.embedded..",
                    "io.voiceagent.simulator.."));

    @ArchTest
    static final ArchRule INTERNALS_OF_OPENTELEMETRY_ARE_NAMED_IN_ONE_PLACE = noClasses()
            .that()
            .doNotHaveSimpleName("OtlpSpans")
            .and()
            .doNotHaveSimpleName("SendAttributes")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry..internal..");

    @ArchTest
    static final ArchRule DECISIONS_OF_A_STAGE_ARE_PURE = noClasses()
            .that()
            .haveFullyQualifiedName("io.voiceagent.transport.stage.CallLedger")
            .or()
            .haveFullyQualifiedName("io.voiceagent.transport.stage.FrameBuffer")
            .or()
            .haveFullyQualifiedName("io.voiceagent.transport.stage.Conclusion")
            .or()
            .haveFullyQualifiedName("io.voiceagent.transport.stage.PartitionChoice")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "org.apache.kafka..", "io.opentelemetry..", "io.micrometer..", "org.slf4j..", "java.time.."));

    @ArchTest
    static final ArchRule THE_STAGE_IS_NOT_KNOWN_BY_WHAT_IT_STANDS_ON = noClasses()
            .that()
            .resideInAnyPackage("io.voiceagent.transport", "io.voiceagent.transport.telemetry")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.voiceagent.transport.stage");

    @ArchTest
    static final ArchRule NO_GLOBAL_TELEMETRY = noClasses()
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("io.opentelemetry.api.GlobalOpenTelemetry")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("io.micrometer.core.instrument.Metrics");
}
