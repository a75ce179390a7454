package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FaultPageTest {
    @Test
    void aSectionIsReplacedWhereItStands() {
        String page = FaultPage.replace(FaultPage.replace("# Page\n", "one", "first"), "two", "second");
        assertThat(FaultPage.replace(page, "one", "## Anew\n\n"))
                .isEqualTo(
                        "# Page\n\n<!-- begin one -->\n## Anew\n<!-- end one -->\n\n<!-- begin two -->\nsecond\n<!-- end two -->\n");
    }
}
