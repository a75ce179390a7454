package io.voiceagent.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries the faults of the suites that are named, one suite after the other, and writes their sections of the page. */
public final class FaultRun {
    private static final Logger LOG = LoggerFactory.getLogger(FaultRun.class);
    private static final List<Suite> SUITES = List.of(
            new ProcessFaults(), new SurroundingFaults(), new StageFaults(), new DrainFaults(), new UpgradeFaults());

    private FaultRun() {}

    /**
     * Arguments: directory for data and logs, file of the page, seed, minutes after which no further fault of a suite begins, customers,
     * suites ({@code all}, or names with commas between), and words that name the faults to be tried (none: all). Ends with 1 when a rule
     * was broken, with 2 when no suite has that name.
     */
    public static void main(String[] args) throws IOException {
        List<Suite> suites = named(args[5]);
        Path page = Path.of(args[1]);
        List<String> breaches = new ArrayList<>();
        for (Suite suite : suites) {
            long began = System.nanoTime();
            Suite.Settings settings = new Suite.Settings(
                    Path.of(args[0]).resolve(suite.name()),
                    Long.parseLong(args[2]),
                    Duration.ofMinutes(Long.parseLong(args[3])),
                    Integer.parseInt(args[4]),
                    Arrays.asList(args).subList(6, args.length),
                    Files.exists(page) ? FaultPage.section(Files.readString(page), suite.name()) : "");
            LOG.info("Suite {}, seed {}", suite.name(), settings.seed());
            List<String> broken = suite.run(settings, section -> write(page, suite.name(), section));
            breaches.addAll(broken);
            LOG.info(
                    "Suite {}: {} s, {} rules broken",
                    suite.name(),
                    Duration.ofNanos(System.nanoTime() - began).toSeconds(),
                    broken.size());
        }
        breaches.forEach(breach -> LOG.error("{}", breach));
        System.exit(breaches.isEmpty() ? 0 : 1);
    }

    private static List<Suite> named(String names) {
        List<String> wanted = List.of(names.split(",", -1));
        List<String> known = SUITES.stream().map(Suite::name).toList();
        if (!names.equals("all") && !known.containsAll(wanted)) {
            System.err.println("No suite is named " + names + "; there are " + String.join(", ", known));
            System.exit(2);
        }
        return SUITES.stream()
                .filter(suite -> names.equals("all") || wanted.contains(suite.name()))
                .toList();
    }

    private static void write(Path page, String name, String section) {
        try {
            FaultPage.write(page, name, section);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
