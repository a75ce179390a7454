package io.voiceagent.archiver.query;

import java.util.List;

/**
 * A trace as a list shows it.
 *
 * @param rootService of the first span without a parent, or of the first span where the archive has no such
 * @param rootOperation of the same span
 * @param rootStatus of the same span
 * @param startUnixNano when its first span began
 * @param endUnixNano when its last span ended
 * @param services in it, by name
 * @param position its place in the search
 */
record TraceSummary(
        String traceId,
        String rootService,
        String rootOperation,
        String rootStatus,
        long startUnixNano,
        long endUnixNano,
        List<ServiceShare> services,
        TraceSearch.Position position) {

    TraceSummary {
        services = List.copyOf(services);
    }

    /** Spans in all. */
    long spans() {
        return services.stream().mapToLong(ServiceShare::spans).sum();
    }

    /** Spans that failed. */
    long errors() {
        return services.stream().mapToLong(ServiceShare::errors).sum();
    }

    /** What one service has in a trace. */
    record ServiceShare(String service, long spans, long errors) {}
}
