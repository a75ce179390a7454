package io.voiceagent.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command: puts the load on the model, then the same on the API, and prints both and the difference. Ends with 0
 * when every stream ended properly, 1 when one did not, 2 when an option is wrong.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures what the API adds to the model behind it, under an open load of streams.")
public final class Bench implements Callable<Integer> {

    private static final double WARMUP_RATE = 20;
    /** Seconds: a simulated model is a small program, soon compiled. */
    private static final double MODEL_WARMUP = 20;

    private static final int MAX_STREAMS = 1_000_000;
    private static final int MAX_AT_ONCE = 10_000;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--api", paramLabel = "URL", description = "Base URL of the API, as http://127.0.0.1:8000/api/v1")
    private @Nullable String api;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            defaultValue = "${env:BENCH_API_KEY:-}",
            description = "API key; better given as BENCH_API_KEY, which no process list shows")
    private String key = "";

    @Option(
            names = "--model-url",
            paramLabel = "URL",
            description = "Base URL of the model, as http://127.0.0.1:9000/v1")
    private @Nullable String modelUrl;

    @Option(
            names = "--model-key",
            paramLabel = "KEY",
            defaultValue = "${env:BENCH_MODEL_KEY:-}",
            description = "The model's key, or BENCH_MODEL_KEY")
    private String modelKey = "";

    @Option(names = "--model", defaultValue = "simulator", description = "Name of the model (${DEFAULT-VALUE})")
    private String model = "simulator";

    @Option(names = "--rate", defaultValue = "20", description = "Streams that begin each second (${DEFAULT-VALUE})")
    private double rate;

    @Option(names = "--seconds", defaultValue = "30", description = "How long streams begin (${DEFAULT-VALUE})")
    private double seconds;

    @Option(
            names = "--concurrency-only",
            paramLabel = "N",
            description = "Instead of a rate: this many streams, begun at once")
    private int atOnce;

    @Option(
            names = "--warmup",
            defaultValue = "20",
            description = "Seconds ahead that are not measured: half at 20/s, half at the rate (${DEFAULT-VALUE})")
    private double warmup;

    @Option(names = "--tokens", defaultValue = "50", description = "Tokens of an answer (${DEFAULT-VALUE})")
    private int tokens;

    @Option(names = "--ttft", defaultValue = "200", description = "Model's ms to the first token (${DEFAULT-VALUE})")
    private int ttft;

    @Option(names = "--tps", defaultValue = "100", description = "Model's tokens a second (${DEFAULT-VALUE})")
    private double tps;

    @Option(
            names = "--text",
            defaultValue = "Hello",
            description = "What is asked, before the simulator's markers (${DEFAULT-VALUE})")
    private String text = "Hello";

    @Option(names = "--timeout", defaultValue = "60", description = "Seconds a stream may take (${DEFAULT-VALUE})")
    private double timeout;

    @Option(names = "--threads", defaultValue = "2", description = "Event loops of the generator (${DEFAULT-VALUE})")
    private int threads;

    @Option(names = "--pid", description = "Process whose CPU and memory are reported; may be repeated")
    private List<Long> pids = new ArrayList<>();

    /** Runs the command and ends the process with its status. */
    public static void main(String... args) {
        System.setProperty("logback.configurationFile", "bench-logback.xml"); // before the first logger is made
        System.exit(new CommandLine(new Bench()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        check();
        Load load = atOnce > 0 ? new Load.AtOnce(atOnce) : new Load.Rate(rate, seconds(seconds));
        PrintWriter out = commandSpec().commandLine().getOut();
        Report report = new Report(out);
        try (LoadGenerator generator = new LoadGenerator(seconds(timeout), threads)) {
            Figures ofModel = null;
            if (modelUrl != null) {
                Target target = Target.model(modelUrl, modelKey, model, prompt());
                warmUp(generator, target, Math.min(warmup, MODEL_WARMUP), null);
                ofModel = generator.run(target, load, null);
            }
            Measured usage = new Measured(pids);
            Figures ofApi = null;
            if (api != null) {
                String expected = ofModel == null ? null : ofModel.text();
                Target target = Target.api(api, key, model, prompt());
                warmUp(generator, target, warmup, expected);
                usage.begin();
                ofApi = generator.run(target, load, expected);
                usage.end();
            }
            out.printf("%nModel: %d tokens, %d ms to the first, %s tokens/s%n", tokens, ttft, tps);
            report.print(load, ofModel, ofApi);
            if (ofApi != null) {
                usage.print(report, ofApi.elapsed());
            }
            out.flush();
            return errors(ofModel) + errors(ofApi) == 0 ? 0 : 1;
        }
    }

    /** Half of the time gently, since code that is not compiled yet builds a queue under the full rate; half at the rate. */
    private void warmUp(LoadGenerator generator, Target target, double time, @Nullable String expected)
            throws InterruptedException {
        double gentle = Math.min(rate, WARMUP_RATE);
        for (double warm : new double[] {gentle, atOnce > 0 ? gentle : rate}) {
            if (time > 0) {
                generator.run(target, new Load.Rate(warm, seconds(time / 2)), expected);
            }
        }
    }

    private String prompt() {
        return "%s [[tokens=%d]] [[ttft=%d]] [[tps=%s]]".formatted(text, tokens, ttft, tps);
    }

    private void check() {
        require(api != null || modelUrl != null, "give --api, --model-url, or both");
        require(rate > 0 && rate <= 10_000, "--rate must be above 0 and at most 10000");
        require(seconds > 0 && seconds <= 3_600, "--seconds must be above 0 and at most 3600");
        require(
                rate * seconds <= MAX_STREAMS && atOnce <= MAX_AT_ONCE,
                "more than " + MAX_STREAMS + " streams in all, or more than " + MAX_AT_ONCE + " at once");
        require(warmup >= 0 && warmup <= 600, "--warmup must be 0 to 600");
        require(timeout > 0 && timeout <= 3_600, "--timeout must be above 0 and at most 3600");
        require(threads >= 1 && threads <= 64, "--threads must be 1 to 64");
        require(tokens >= 1 && ttft >= 0 && tps > 0, "--tokens and --tps must be above 0, --ttft not below");
    }

    private void require(boolean holds, String message) {
        if (!holds) {
            throw new CommandLine.ParameterException(commandSpec().commandLine(), message);
        }
    }

    private CommandSpec commandSpec() {
        return Objects.requireNonNull(spec, "set by picocli");
    }

    private static long errors(@Nullable Figures figures) {
        return figures == null ? 0 : figures.errorCount();
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.round(seconds * 1_000));
    }

    /** Readings of the processes, and of the generator itself, before and after the load on the API. */
    private static final class Measured {
        private final List<Long> pids;
        private final Map<Long, ProcessUsage> before = new LinkedHashMap<>();
        private final Map<Long, ProcessUsage> after = new LinkedHashMap<>();

        Measured(List<Long> pids) {
            this.pids = new ArrayList<>(pids);
            this.pids.add(ProcessHandle.current().pid());
        }

        void begin() throws IOException {
            read(before);
        }

        void end() throws IOException {
            read(after);
        }

        void print(Report report, Duration elapsed) {
            after.forEach((pid, usage) -> {
                String name = pid == ProcessHandle.current().pid() ? "this generator" : "process " + pid;
                report.print(name, elapsed, Objects.requireNonNull(before.get(pid)), usage);
            });
        }

        private void read(Map<Long, ProcessUsage> readings) throws IOException {
            for (long pid : pids) {
                readings.put(pid, ProcessUsage.of(pid));
            }
        }
    }
}
