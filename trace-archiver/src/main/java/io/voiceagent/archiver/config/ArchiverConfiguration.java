package io.voiceagent.archiver.config;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.voiceagent.archiver.TraceArchiver;
import io.voiceagent.archiver.backup.BackupSchedule;
import io.voiceagent.archiver.ingest.DayPartitions;
import io.voiceagent.archiver.ingest.DeadLetters;
import io.voiceagent.archiver.ingest.LogArchiver;
import io.voiceagent.archiver.ingest.PayloadDecoder;
import io.voiceagent.archiver.ingest.RowFormat;
import io.voiceagent.archiver.ingest.Storage;
import io.voiceagent.archiver.metrics.MetricDecoder;
import io.voiceagent.archiver.metrics.MetricFormat;
import io.voiceagent.archiver.responses.ArchiveLimits;
import io.voiceagent.archiver.responses.ResponseArchiver;
import io.voiceagent.archiver.responses.ResponseStorage;
import io.voiceagent.archiver.spans.SpanDecoder;
import io.voiceagent.archiver.spans.SpanFormat;
import io.voiceagent.archiver.tail.TailSampler;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.Versions;
import io.voiceagent.transport.telemetry.Sampling;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import io.voiceagent.transport.telemetry.TraceExemplars;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.apache.kafka.clients.producer.Producer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** The archiver's parts and how they hang together. */
@Configuration(proxyBeanMethods = false)
class ArchiverConfiguration {

    private static final String SERVICE = "voice-agent-archiver";
    private static final String RESPONSES_GROUP = "trace-archiver-responses";
    private static final Duration KAFKA_START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration DEAD_LETTER_TIMEOUT = Duration.ofSeconds(10);

    @Bean
    Variables variables(Environment environment) {
        return Variables.of(environment::getProperty);
    }

    // Settings first, so that a wrong one is told before anything is waited for.

    @Bean
    KafkaSettings kafkaSettings(Variables variables) {
        return KafkaSettings.from(variables);
    }

    @Bean
    PostgresSettings postgresSettings(Variables variables) {
        return PostgresSettings.from(variables);
    }

    @Bean
    TelemetryOptions telemetryOptions(Variables variables, KafkaSettings kafka) {
        return TelemetryOptions.from(variables, SERVICE, Versions.of(TraceArchiver.class), kafka);
    }

    @Bean
    BackupSettings backupSettings(Variables variables) {
        return BackupSettings.from(variables);
    }

    /** A migrated database that answers. */
    @Bean
    HikariDataSource dataSource(PostgresSettings settings) {
        return Database.open(settings);
    }

    /** Clients of a Kafka that answers and has the topics. */
    @Bean
    KafkaClients kafkaClients(KafkaSettings settings) {
        TopicCreator.ensure(settings, KAFKA_START_TIMEOUT);
        return new KafkaClients(settings);
    }

    @Bean
    Telemetry telemetry(TelemetryOptions options) {
        return Telemetry.start(options);
    }

    /** Values of histograms name a trace that they were measured in. */
    @Bean
    TraceExemplars exemplars() {
        return new TraceExemplars();
    }

    @Bean
    OtlpMeterRegistry otlpMeterRegistry(Telemetry telemetry) {
        return telemetry.meterRegistry();
    }

    @Bean
    Producer<byte[], byte[]> deadLetterProducer(KafkaClients clients) {
        return clients.deadLetters();
    }

    @Bean
    Archivers archivers(
            DataSource dataSource,
            KafkaClients clients,
            Producer<byte[], byte[]> deadLetterProducer,
            MeterRegistry registry,
            Variables variables) {
        DeadLetters deadLetters = new DeadLetters(deadLetterProducer, DEAD_LETTER_TIMEOUT);
        Wiring wiring = new Wiring(dataSource, clients, deadLetters, registry);
        List<LogArchiver> archivers = new ArrayList<>();
        archivers.addAll(
                wiring.archivers(Topics.OTLP_SPANS, spanWriters(variables), new SpanDecoder(), new SpanFormat()));
        archivers.addAll(wiring.archivers(Topics.OTLP_METRICS, 1, new MetricDecoder(), new MetricFormat()));
        archivers.add(wiring.responses());
        return new Archivers(
                archivers,
                List.of(
                        new DayPartitions("trace_spans", "start_time"),
                        new DayPartitions("performance_metrics", "time")),
                dataSource,
                keepDays(variables));
    }

    private static int spanWriters(Variables variables) {
        return variables.integer("ARCHIVE_SPAN_WRITERS", 2, 1, Database.MAX_SPAN_WRITERS);
    }

    /** Runs when there are traces that are not sampled, and a rule by which some of them are kept. */
    @Bean
    TailSampling tailSampling(
            TelemetryOptions telemetry,
            KafkaSettings kafka,
            KafkaClients topicsAreThere,
            MeterRegistry registry,
            Variables variables) {
        long megabytes = variables.integer("TRACE_TAIL_MEGABYTES", 64, 1, 4_096);
        Sampling sampling = telemetry.sampling();
        return new TailSampling(
                sampling.keepsSome() ? new TailSampler(kafka, sampling.keepSlower(), megabytes << 20, registry) : null);
    }

    private static int keepDays(Variables variables) {
        int days = variables.integer("TELEMETRY_RETENTION_DAYS", 30, 0, 3_650);
        if (days > 0 && days <= DayPartitions.DAYS_BACK) {
            throw new InvalidSettingException(
                    "TELEMETRY_RETENTION_DAYS",
                    "is less than what topics hold",
                    "Use %d or more, or 0 to keep everything".formatted(DayPartitions.DAYS_BACK + 1));
        }
        return days;
    }

    /** Runs when there is a directory for backups. */
    @Bean(initMethod = "start")
    BackupSchedule backupSchedule(
            BackupSettings settings, PostgresSettings postgres, DataSource migrated, MeterRegistry registry) {
        return new BackupSchedule(settings.directory() == null ? null : settings.runner(postgres, registry));
    }

    /** Shown as {@code archive}. */
    @Bean
    ArchiveHealth archiveHealthIndicator(Archivers archivers) {
        return new ArchiveHealth(archivers);
    }

    private record Wiring(
            DataSource dataSource, KafkaClients clients, DeadLetters deadLetters, MeterRegistry registry) {

        <R> List<LogArchiver> archivers(String topic, int writers, PayloadDecoder<R> decoder, RowFormat<R> format) {
            return LogArchiver.ofRows(
                    topic,
                    writers,
                    number -> clients.consumer(topic, number),
                    new Storage<>(dataSource, decoder, format, deadLetters, clients::topicId),
                    registry);
        }

        LogArchiver responses() {
            return ResponseArchiver.of(
                    new ResponseStorage(
                            Topics.STEPS,
                            Topics.STREAM,
                            clientId -> clients.steps(RESPONSES_GROUP, clientId),
                            clients::stream,
                            dataSource,
                            deadLetters,
                            clients::topicId),
                    ArchiveLimits.DEFAULT,
                    registry);
        }
    }
}
