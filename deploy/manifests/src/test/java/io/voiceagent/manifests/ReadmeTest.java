package io.voiceagent.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What {@code deploy/README.md} says of files and tests. */
class ReadmeTest {
    private static final String README = Project.read("deploy/README.md");

    @Test
    void everyPromiseHasItsRow() {
        List<Integer> rows = Pattern.compile("(?m)^\\| (\\d+) \\| .+ \\| .+ \\| .+ \\|$")
                .matcher(README)
                .results()
                .map(row -> Integer.parseInt(row.group(1)))
                .toList();
        assertThat(rows).isEqualTo(IntStream.rangeClosed(1, 35).boxed().toList());
    }

    @Test
    void everyTestThatIsNamedIsThere() {
        Set<String> named = new TreeSet<>();
        Project.find(Pattern.compile("`([A-Z][A-Za-z]+Test)`"), README, named);
        Set<String> there = new TreeSet<>();
        Project.files(".", "Test.java")
                .forEach(file -> there.add(file.getFileName().toString().replace(".java", "")));
        assertThat(named).hasSizeGreaterThan(10);
        assertThat(there).containsAll(named);
    }

    @Test
    void everyPathThatIsNamedIsThere() {
        Set<String> named = new TreeSet<>();
        Project.find(
                Pattern.compile("`((?:deploy|base|components|overlays|grafana)/[A-Za-z0-9_./-]+)`"), README, named);
        assertThat(named).hasSizeGreaterThan(10);
        for (String path : named) {
            Path fromRoot = Project.ROOT.resolve(path);
            assertThat(Files.exists(fromRoot) || Files.exists(Manifests.FOLDER.resolve(path)))
                    .as(path)
                    .isTrue();
        }
    }
}
