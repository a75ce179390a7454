package io.voiceagent.tool.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.ToolDescription;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CoreTest {
    private static final String SCHEMA = "{\"type\":\"object\"}";

    private static ToolDescription description(String name, boolean idempotent) {
        return Descriptions.builtin(
                name, ToolDescription.Kind.MCP, "Does something", SCHEMA, idempotent, Duration.ofSeconds(3), 200);
    }

    private static Tool tool(ToolDescription description) {
        return new Tool() {
            @Override
            public ToolDescription description() {
                return description;
            }

            @Override
            public String run(ToolCall call) {
                return "done";
            }
        };
    }

    @Test
    void aToolThatNeedsApprovalIsDescribedOtherwise() {
        ToolDescription open = description("a", false);
        Tool guarded = new GuardedTool(tool(open));

        assertThat(guarded.description().needsApproval()).isTrue();
        assertThat(guarded.description().hash()).isNotEqualTo(open.hash());
        assertThat(new Catalogue(List.of(guarded)).hashes())
                .containsEntry("a", guarded.description().hash());
    }

    @Property
    void anAnswerKeepsItsBoundAndItsCharacters(@ForAll String text, @ForAll @IntRange(min = 100, max = 300) int max) {
        String cut = Answers.cut(text.repeat(40), max);

        assertThat(cut.length()).isLessThanOrEqualTo(max);
        if (text.length() * 40 <= max) {
            assertThat(cut).isEqualTo(text.repeat(40));
        } else {
            assertThat(cut).contains("[Cut: the result had " + text.length() * 40 + " characters");
            String kept = cut.substring(0, cut.lastIndexOf("\n[Cut"));
            assertThat(text.repeat(40)).startsWith(kept);
            assertThat(!kept.isEmpty()
                            && Character.isHighSurrogate(kept.charAt(kept.length() - 1))
                            && Character.isLowSurrogate(text.repeat(40).charAt(kept.length())))
                    .isFalse();
        }
    }

    @Test
    void whatIsNoTextIsReplaced() {
        ToolDescription tool = description("a", true);

        assertThat(Answers.result(tool, "a\uD83Db\uDE00c\u0000d\uD83D\uDE00e\uD83D")
                        .output())
                .isEqualTo("a\uFFFDb\uFFFDc\uFFFDd\uD83D\uDE00e\uFFFD");
        assertThat(Answers.invalidArguments(tool, List.of("\u0000")).output()).doesNotContain("\u0000");
    }

    @Test
    void theHashCoversEverything() {
        ToolDescription base = description("a", true);

        assertThat(List.of(
                                description("b", true),
                                description("a", false),
                                Descriptions.builtin(
                                        "a",
                                        ToolDescription.Kind.WEB_SEARCH,
                                        "Does something",
                                        SCHEMA,
                                        true,
                                        Duration.ofSeconds(3),
                                        200),
                                Descriptions.builtin(
                                        "a",
                                        ToolDescription.Kind.MCP,
                                        "Other",
                                        SCHEMA,
                                        true,
                                        Duration.ofSeconds(3),
                                        200),
                                Descriptions.builtin(
                                        "a",
                                        ToolDescription.Kind.MCP,
                                        "Does something",
                                        "{\"type\":\"object\",\"title\":\"x\"}",
                                        true,
                                        Duration.ofSeconds(3),
                                        200),
                                Descriptions.builtin(
                                        "a",
                                        ToolDescription.Kind.MCP,
                                        "Does something",
                                        SCHEMA,
                                        true,
                                        Duration.ofSeconds(4),
                                        200),
                                Descriptions.builtin(
                                        "a",
                                        ToolDescription.Kind.MCP,
                                        "Does something",
                                        SCHEMA,
                                        true,
                                        Duration.ofSeconds(3),
                                        201))
                        .stream()
                        .map(ToolDescription::hash))
                .doesNotContain(base.hash())
                .doesNotHaveDuplicates();
        assertThat(description("a", true).hash()).isEqualTo(base.hash());
    }

    @Test
    void aBadDescriptionIsRefusedByName() {
        assertThatThrownBy(() -> description("no spaces", true)).hasMessageContaining("no spaces");
        assertThatThrownBy(() -> Descriptions.builtin(
                        "a", ToolDescription.Kind.MCP, "x", "{\"type\":\"string\"}", true, Duration.ofSeconds(1), 200))
                .hasMessageContaining("schema of an object");
        assertThatThrownBy(() -> Descriptions.builtin(
                        "a", ToolDescription.Kind.MCP, "x", SCHEMA, true, Duration.ofHours(1), 200))
                .hasMessageContaining("time-out");
    }

    @Test
    void theCatalogueKnowsVersionsAndRefusesTwoOfOneName() {
        ToolDescription a = description("a", true);
        Catalogue catalogue = new Catalogue(List.of(tool(a)));

        assertThat(catalogue.find("a", a.hash())).isInstanceOf(Catalogue.Match.Offered.class);
        assertThat(catalogue.find("a", "other")).isEqualTo(new Catalogue.Match.Changed(a.hash()));
        assertThat(catalogue.find("b", a.hash())).isEqualTo(new Catalogue.Match.Absent());
        assertThat(catalogue.hashes()).containsExactly(Map.entry("a", a.hash()));
        assertThatThrownBy(() -> new Catalogue(List.of(tool(a), tool(description("a", false)))))
                .hasMessageContaining("two tools are called a");
    }

    @Test
    void whatNobodyKnowsIsSaidOnlyWhereItMatters() {
        CallOutput.Tool harmless = Answers.timeout(description("a", true));
        CallOutput.Tool harmful = Answers.timeout(description("a", false));

        assertThat(harmless.error()).isEqualTo(harmful.error());
        assertThat(harmless.error().code()).isEqualTo(ErrorCodes.TOOL_TIMEOUT);
        assertThat(harmless.output()).contains("within 3 s").doesNotContain("not known");
        assertThat(harmful.output()).contains("not known");
    }
}
