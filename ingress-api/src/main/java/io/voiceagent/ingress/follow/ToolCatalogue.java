package io.voiceagent.ingress.follow;

import io.voiceagent.messages.ToolDescription;
import java.util.List;
import java.util.Optional;

/** The hosted tools that tool workers have described. */
public interface ToolCatalogue {
    /** The tool of that name. */
    Optional<ToolDescription> find(String name);

    /** All tools of a server, ordered by name; empty when no such server is known. */
    List<ToolDescription> server(String label);

    /**
     * Whether a worker announced, within the last lease, that it offers the tool just as it is described. A turn may name a tool that nobody
     * offers right now: its calls wait for a worker.
     */
    boolean offered(String name);
}
