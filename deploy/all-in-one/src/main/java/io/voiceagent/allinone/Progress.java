package io.voiceagent.allinone;

import java.io.PrintStream;
import java.util.Locale;

/** The lines that a person sees: one for each part that is ready, then how to use it. */
final class Progress {

    private static final String BUILTIN_TOOLS =
            "{\"type\":\"mcp\",\"server_label\":\"builtin\",\"require_approval\":\"never\"}";

    private final PrintStream out;
    private final long startedAt = System.nanoTime();

    Progress(PrintStream out) {
        this.out = out;
    }

    /** Says that a part is ready, and where. */
    synchronized void ready(String part, String where) {
        line(String.format(Locale.ROOT, "%5.1f s  %-14s  %s", seconds(), part, where));
    }

    /** Says where everything is and what to try. */
    synchronized void done(String url, String apiKey, Settings settings, DataDirectory data) {
        if (!settings.namesModel()) {
            line("""

                    *********************************************************************************
                    *  NO MODEL IS SET: a simulator answers, with canned text. No real model runs.  *
                    *  For a real one: LLM_API_KEY=... LLM_MODEL=... [LLM_BASE_URL=...] deploy/run  *
                    *********************************************************************************""");
        }
        line("""

                Voice Agent is running at %1$s (ready in %2$.1f s)
                  API key  %3$s
                  Docs     %1$s/docs
                  Model    %4$s
                  Search   %5$s
                  Data     %6$s
                  Log      %7$s

                Try, in another terminal:
                  # with two tools, waiting for the answer
                  %8$s
                  # as a stream
                  %9$s
                  # in the background: the answer names an id, the second line asks for the outcome
                  id=$(%10$s | sed 's/.*"id":"\\(resp_[^"]*\\)".*/\\1/')
                  curl -sS %1$s/api/v1/responses/$id -H 'Authorization: Bearer %3$s'

                Ctrl-C ends it; the data stays.""".formatted(
                        url,
                        seconds(),
                        apiKey,
                        settings.namesModel() ? "as the environment says" : "simulated",
                        settings.namesSearch()
                                ? "as the environment says"
                                : settings.namesModel() ? "none (TAVILY_API_KEY brings the tool)" : "simulated",
                        data.root() + (data.kept() ? ", with what earlier starts kept (--fresh forgets it)" : ", new"),
                        data.log(),
                        call(url, apiKey, """
                                {"input":"What is 17 * 23, and what time is it in Asia/Tokyo?","tools":[%s]}""".formatted(BUILTIN_TOOLS)),
                        call(url, apiKey, """
                                {"input":"Say something about streams.","stream":true}"""),
                        call(url, apiKey, """
                                {"input":"Take your time.","background":true}""")));
    }

    private static String call(String url, String apiKey, String body) {
        return "curl -sSN %s/api/v1/responses -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '%s'"
                .formatted(url, apiKey, body);
    }

    private void line(String text) {
        out.println(text);
        out.flush();
    }

    private double seconds() {
        return (System.nanoTime() - startedAt) / 1e9;
    }
}
