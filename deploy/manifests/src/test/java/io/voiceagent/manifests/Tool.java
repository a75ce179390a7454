package io.voiceagent.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A program that may be installed here or not. */
final class Tool {
    private final List<String> command;

    private Tool(List<String> command) {
        this.command = command;
    }

    /** Docker Compose 2, as a plugin of docker or by itself; the tests that need it are skipped where there is none, which is said. */
    static Stream<Tool> compose() {
        return first("docker compose", List.of("docker", "compose"), List.of("docker-compose"));
    }

    static Stream<Tool> kubectl() {
        return first("kubectl", List.of("kubectl"));
    }

    private static Stream<Tool> first(String name, List<String>... commands) {
        for (List<String> command : commands) {
            Tool tool = new Tool(command);
            String version = command.contains("kubectl") ? "version --client" : "version";
            if (tool.works(version.split(" "))) {
                return Stream.of(tool);
            }
        }
        System.out.println("SKIPPED: what " + name + " makes of the files was not tried, it is not installed");
        return Stream.of();
    }

    private boolean works(String... arguments) {
        try {
            Process process = start(Path.of("."), List.of(arguments));
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            // Version 1 is another program, of which nothing is expected
            return process.waitFor() == 0 && !output.contains("version 1.");
        } catch (IOException e) {
            return false; // there is no such program
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What it prints; fails when it fails. */
    String run(Path folder, List<String> arguments) throws IOException, InterruptedException {
        Process process = start(folder, arguments);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as("%s %s: %s", command, arguments, output)
                .isZero();
        return output;
    }

    private Process start(Path folder, List<String> arguments) throws IOException {
        List<String> all = new ArrayList<>(command);
        all.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(all).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("COMPOSE_"));
        return builder.start();
    }
}
