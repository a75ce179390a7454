package io.voiceagent.archiver.config;

import io.voiceagent.archiver.query.AccessFilter;
import io.voiceagent.archiver.query.JaegerRoutes;
import io.voiceagent.archiver.query.PageRoutes;
import io.voiceagent.archiver.query.QueryKeys;
import io.voiceagent.archiver.query.QueryRoutes;
import io.voiceagent.archiver.query.ReadDatabase;
import io.voiceagent.transport.Variables;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** What lets people and programs look into the archive. */
@Configuration(proxyBeanMethods = false)
class QueryConfiguration {

    @Bean
    AccessFilter queryAccess(Variables variables) {
        return new AccessFilter(QueryKeys.from(variables));
    }

    @Bean
    ReadDatabase readDatabase(PostgresSettings settings) {
        return new ReadDatabase(settings.url(), settings.user(), settings.password());
    }

    @Bean
    RouterFunction<ServerResponse> queryRoutes(ReadDatabase archive) {
        InstantSource clock = InstantSource.system();
        return PageRoutes.routes().and(QueryRoutes.of(archive, clock)).and(JaegerRoutes.of(archive, clock));
    }
}
