package io.voiceagent.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.bench.Figures.Latency;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The generator against a simulated model whose pace is known. */
class BenchTest {

    private Simulator simulator;
    private LoadGenerator generator;

    @BeforeEach
    void start() {
        simulator = Simulator.start(SimulatorOptions.defaults());
        generator = new LoadGenerator(Duration.ofSeconds(30), 1);
    }

    @AfterEach
    void stop() {
        generator.close();
        simulator.close();
    }

    @Test
    void measuresThePaceOfTheModel() throws Exception {
        Figures figures = run("Hi [[ttft=200]] [[tps=50]] [[tokens=11]]", new Load.Rate(40, Duration.ofSeconds(2)));

        assertThat(figures.errors()).isEmpty();
        assertThat(figures.completed()).isEqualTo(80);
        assertThat(figures.of(Latency.FIRST_TOKEN).getMinValue()).isGreaterThanOrEqualTo(199_000);
        assertThat(figures.of(Latency.TOTAL).getMinValue()).isGreaterThanOrEqualTo(399_000);
        assertThat(figures.of(Latency.HEADERS).getValueAtPercentile(50))
                .isLessThan(figures.of(Latency.FIRST_TOKEN).getValueAtPercentile(50));
        assertThat(figures.of(Latency.GAP).getTotalCount()).isEqualTo(80 * 10);
        assertThat(figures.elapsed()).isGreaterThan(Duration.ofMillis(1_900));
    }

    @Test
    void beginsStreamsWhileEarlierOnesStandStill() throws Exception {
        Figures figures = run("Hi [[ttft=4000]] [[tokens=1]]", new Load.Rate(50, Duration.ofSeconds(1)));

        assertThat(figures.completed()).isEqualTo(50);
        assertThat(figures.mostOpen()).isEqualTo(50);
    }

    @Test
    void opensManyAtOnce() throws Exception {
        Figures figures = run("Hi [[ttft=5000]] [[tokens=3]]", new Load.AtOnce(300));

        assertThat(figures.errors()).isEmpty();
        assertThat(figures.mostOpen()).isEqualTo(300);
    }

    @Test
    void countsErrorsByKind() throws Exception {
        assertThat(run("[[fault=429:3]]", new Load.Rate(20, Duration.ofMillis(250)))
                        .errors())
                .containsExactly(Map.entry("HTTP 429", 3L));
        assertThat(run("[[cut=2]]", new Load.AtOnce(2)).errorCount()).isEqualTo(2);
        try (LoadGenerator impatient = new LoadGenerator(Duration.ofSeconds(1), 1)) {
            Target stalling = Target.model(simulator.baseUrl(), "", "m", "[[stall=2]]");
            assertThat(impatient.run(stalling, new Load.AtOnce(1), null).errors())
                    .containsOnlyKeys("no end in time");
        }
    }

    @Test
    void anotherTextThanExpectedIsAnError() throws Exception {
        Target target = Target.model(simulator.baseUrl(), "", "m", "Hi");
        assertThat(generator.run(target, new Load.AtOnce(2), "Something else").errors())
                .containsExactly(Map.entry("another text than expected", 2L));
    }

    @Test
    void theCommandPrintsATable() {
        StringWriter out = new StringWriter();
        int status = command(out)
                .execute(("--model-url " + simulator.baseUrl()
                                + " --rate 20 --seconds 1 --warmup 0 --tokens 5 --ttft 50")
                        .split(" "));

        assertThat(out.toString())
                .contains("Load: 20 streams/s for 1 s")
                .contains("model: 20 of 20 streams completed")
                .containsPattern("first token +\\| +\\d+\\.\\d +\\d+\\.\\d +\\d+\\.\\d +\\d+\\.\\d");
        assertThat(status).isZero();
    }

    @Test
    void theCommandSaysWhatIsWrong() throws IOException {
        StringWriter out = new StringWriter();
        assertThat(command(out).execute("--rate", "5")).isEqualTo(2);
        assertThat(out.toString()).contains("give --api, --model-url, or both");

        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        String nobody = "http://127.0.0.1:" + free;
        assertThat(command(out).execute("--model-url", nobody, "--rate", "5", "--seconds", "1", "--warmup", "0"))
                .isEqualTo(1);
        assertThat(out.toString()).contains("Connection refused");
    }

    private static CommandLine command(StringWriter out) {
        return new CommandLine(new Bench()).setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    }

    private Figures run(String text, Load load) throws InterruptedException {
        return generator.run(Target.model(simulator.baseUrl(), "", "m", text), load, null);
    }
}
