package io.voiceagent.ingress.config;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.ingress.follow.ArchiveProbe;
import io.voiceagent.ingress.follow.Follow;
import io.voiceagent.ingress.follow.FollowOptions;
import io.voiceagent.ingress.follow.Readiness;
import io.voiceagent.ingress.follow.ResponseReader;
import io.voiceagent.ingress.follow.ToolCatalogue;
import io.voiceagent.ingress.limit.TenantLimits;
import io.voiceagent.ingress.web.HealthComponent;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PostgresUrl;
import io.voiceagent.transport.Variables;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** The tails of the log, and the archive behind them. */
@Configuration(proxyBeanMethods = false)
class FollowConfig {
    private static final int CONNECTIONS = 4;
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final int SOCKET_SECONDS = 5;

    /** Is a {@link Readiness}, too. */
    @Bean
    Follow follow(
            IngressSettings settings,
            KafkaSettings kafka,
            HikariDataSource archivePool,
            TenantLimits limits,
            MeterRegistry registry) {
        return Follow.start(
                kafka,
                "voice-agent-api",
                archivePool,
                FollowOptions.of(settings.turnDeadline()),
                limits.watcher(),
                limits.totals(),
                registry);
    }

    @Bean
    HikariDataSource archivePool(Variables variables) {
        HikariDataSource pool = pool(variables, "ingress-archive", CONNECTIONS);
        pool.setReadOnly(true);
        return pool;
    }

    /** Connections to the database, made when they are first needed. */
    static HikariDataSource pool(Variables variables, String name, int connections) {
        HikariDataSource pool = new HikariDataSource();
        pool.setPoolName(name);
        pool.setJdbcUrl(PostgresUrl.from(variables));
        pool.setUsername(variables.text("POSTGRES_USER", "agent_user"));
        pool.setPassword(variables.find("POSTGRES_PASSWORD"));
        pool.setMaximumPoolSize(connections);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(CONNECT.toMillis());
        // Starts without a database, too: turns that run do not need it
        pool.setInitializationFailTimeout(-1);
        pool.addDataSourceProperty("connectTimeout", (int) CONNECT.toSeconds());
        pool.addDataSourceProperty("socketTimeout", SOCKET_SECONDS);
        pool.addDataSourceProperty("ApplicationName", "voice-agent-api");
        return pool;
    }

    @Bean
    GoingAway followersLetGo(Follow follow) {
        return new GoingAway(follow::letGo);
    }

    @Bean
    ResponseReader responseReader(Follow follow) {
        return follow.reader();
    }

    @Bean
    ToolCatalogue toolCatalogue(Follow follow) {
        return follow.catalogue();
    }

    @Bean
    ArchiveProbe archiveProbe(HikariDataSource archivePool) {
        return ArchiveProbe.start(archivePool);
    }

    /** A replica that does not know all running turns would read the log back for each poll. */
    @Bean
    @Order(1)
    HealthComponent tailHealth(Readiness readiness) {
        return new HealthComponent("tail", true, readiness::ready, readiness::detail);
    }

    /** Not critical: turns are submitted and followed without the archive. */
    @Bean
    @Order(2)
    HealthComponent postgresHealth(ArchiveProbe probe) {
        return new HealthComponent("postgres", false, probe::up, probe::detail);
    }
}
