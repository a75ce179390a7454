package io.voiceagent.agent.topology;

import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.WindowStore;

/** What all stores of windows have in common. */
final class WindowStores {
    private WindowStores() {}

    /**
     * Writes to a store that nothing was ever written to. Without it an orchestrator that finds no place noted for one store does not trust
     * any of them, and restores all at each start. At time 0, so that it is older than whatever comes.
     */
    static void begin(WindowStore<String, byte[]> store) {
        boolean empty;
        try (KeyValueIterator<Windowed<String>, byte[]> all = store.all()) {
            empty = !all.hasNext();
        }
        if (empty) {
            store.put("", new byte[0], 0);
        }
    }
}
