package io.voiceagent.agent.core;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.ToolDescription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is there, told from the announcements and from when they were heard. All times are milliseconds of the caller's one clock; what
 * the announcers' clocks say plays no part.
 *
 * <p>A worker is dead when it was not heard of for {@link Announcement#LEASE_MILLIS} and, over that same time, we heard our own
 * announcements come back without a gap: then neither our own pause nor the broker's silenced it. When three or more workers and over a
 * third of all fall silent at once, something between us is more likely than so many deaths, and a second lease must pass.
 *
 * <p>Free slots are what the worker announced, less what we gave it since, plus what it answered since.
 *
 * <p>Safe for use by several threads.
 */
public final class Census {
    /** Announcements heard further apart than this leave a gap, milliseconds. */
    static final long GAP_MILLIS = 2 * Announcement.INTERVAL_MILLIS;
    /** A worker heard of longer ago than this gets no new calls, milliseconds. */
    static final long FRESH_MILLIS = 2 * Announcement.INTERVAL_MILLIS + Announcement.INTERVAL_MILLIS / 2;
    /** What we gave a worker and it still does not list counts as taken for this long, milliseconds. */
    static final long RECENT_MILLIS = 3 * Announcement.INTERVAL_MILLIS;
    /** A silent worker is forgotten after this many leases; by then it is dead whoever asks. */
    private static final int REMEMBERED_LEASES = 4;

    private final String self;
    private final Guards guards;
    private final Map<String, Heard> workers = new HashMap<>();
    private long echoSequence = -1;
    private long echoSince;
    private long echoLast;
    private boolean echoed;

    /** @param self incarnation under which this process announces itself */
    public Census(String self) {
        this(self, Guards.ALL);
    }

    Census(String self, Guards guards) {
        this.self = self;
        this.guards = guards;
    }

    /** An announcement was read, our own ones included. */
    public synchronized void heard(Announcement announcement, long now) {
        switch (announcement) {
            case Announcement.Orchestrator own when own.incarnation().equals(self) -> echo(own.sequence(), now);
            case Announcement.Orchestrator _ -> {}
            case Announcement.Worker worker ->
                workers.computeIfAbsent(worker.incarnation(), _ -> new Heard(worker))
                        .update(worker, now);
        }
        workers.values().removeIf(heard -> heard.at + REMEMBERED_LEASES * Announcement.LEASE_MILLIS < now);
    }

    private void echo(long sequence, long now) {
        if (!echoed || sequence != echoSequence + 1 || now - echoLast > GAP_MILLIS) {
            echoSince = now;
        }
        echoed = true;
        echoSequence = sequence;
        echoLast = now;
    }

    /** The call was given to that worker. */
    public synchronized void assigned(CallRef ref, String owner, long now) {
        Heard heard = workers.get(owner);
        if (heard != null) {
            heard.recent.put(ref.toString(), now);
            heard.finished.remove(ref.toString());
        }
    }

    /** That worker answered the call. */
    public synchronized void answered(CallRef ref, String owner) {
        Heard heard = workers.get(owner);
        if (heard != null) {
            heard.recent.remove(ref.toString());
            heard.finished.add(ref.toString());
        }
    }

    /** That worker had no free slot: it gets nothing until it announces itself again. */
    public synchronized void busy(CallRef ref, String owner) {
        answered(ref, owner);
        Heard heard = workers.get(owner);
        if (heard != null) {
            heard.full = true;
        }
    }

    /** The workers as they are at {@code now}. */
    public Workers at(long now) {
        return new Workers() {
            @Override
            public List<Candidate> candidates(Stage stage, @Nullable ToolDescription tool) {
                return candidatesAt(now, stage, tool);
            }

            @Override
            public Life life(String incarnation) {
                return lifeAt(now, incarnation);
            }
        };
    }

    /**
     * Whether the living owner should list the call by now, and does not: it was heard a whole lease after the assignment, and the
     * call was not in its list.
     */
    public synchronized boolean unlisted(CallRef ref, String owner, long assignedAt) {
        Heard heard = workers.get(owner);
        return heard != null
                && heard.at >= assignedAt + Announcement.LEASE_MILLIS
                && !heard.held.contains(ref.toString());
    }

    /** Slots of all workers of a stage that are fresh, and those of them that are free; for metrics. */
    public synchronized int freeSlots(Stage stage, long now) {
        return candidatesAt(now, stage, null).stream()
                .mapToInt(Workers.Candidate::free)
                .sum();
    }

    /** Whether we have heard our own voice lately. */
    public synchronized boolean hears(long now) {
        return echoed && now - echoLast <= GAP_MILLIS;
    }

    private synchronized List<Workers.Candidate> candidatesAt(long now, Stage stage, @Nullable ToolDescription tool) {
        List<Workers.Candidate> found = new ArrayList<>();
        for (Heard heard : workers.values()) {
            Announcement.Worker worker = heard.latest;
            boolean offers = tool == null
                    || (guards.hold(Guard.PINNED_TOOL)
                            ? tool.hash().equals(worker.tools().get(tool.name()))
                            : worker.tools().containsKey(tool.name()));
            if (worker.stage() == stage && !worker.draining() && now - heard.at <= FRESH_MILLIS && offers) {
                int free = heard.free(now);
                if (free > 0) {
                    found.add(new Workers.Candidate(worker.incarnation(), worker.partition(), free));
                }
            }
        }
        found.sort(Comparator.comparing(Workers.Candidate::incarnation));
        return found;
    }

    private synchronized Workers.Life lifeAt(long now, String incarnation) {
        Heard heard = workers.get(incarnation);
        if (heard != null && now - heard.at < Announcement.LEASE_MILLIS) {
            return Workers.Life.ALIVE;
        }
        boolean doubtful = guards.hold(Guard.MASS_SILENCE) && heard != null && massSilence(heard, now);
        long lease = doubtful ? 2 * Announcement.LEASE_MILLIS : Announcement.LEASE_MILLIS;
        boolean silent = heard == null || now - heard.at >= lease;
        return silent && (heardAll(now, lease) || !guards.hold(Guard.ECHO)) ? Workers.Life.DEAD : Workers.Life.UNKNOWN;
    }

    private boolean heardAll(long now, long lease) {
        return hears(now) && now - echoSince >= lease;
    }

    /**
     * Three or more, and over a third of all, fell silent within one announcement's gap of each other. Those who have come back since
     * count, too: whoever fell silent with them will most likely follow.
     */
    private boolean massSilence(Heard one, long now) {
        int all = 0;
        int silent = 0;
        for (Heard heard : workers.values()) {
            boolean cameBack = heard.cameBackFrom(one.at);
            if (heard.saidGoodbye() && !cameBack) {
                continue;
            }
            all++;
            if (cameBack || heard.silentSince(one.at, now)) {
                silent++;
            }
        }
        return silent >= 3 && 3 * silent > all;
    }

    private static final class Heard {
        private final Map<String, Long> recent = new HashMap<>();
        private final Set<String> finished = new HashSet<>();
        private Announcement.Worker latest;
        private Set<String> held = Set.of();
        private long at;
        /** When it was last heard before its last long silence. */
        private long silentFrom = Long.MIN_VALUE;

        private boolean full;

        private Heard(Announcement.Worker latest) {
            this.latest = latest;
        }

        private void update(Announcement.Worker worker, long now) {
            latest = worker;
            held = Set.copyOf(worker.held());
            if (at > 0 && now - at > GAP_MILLIS) {
                silentFrom = at;
            }
            at = now;
            full = false;
            recent.keySet().removeAll(held);
            finished.clear();
        }

        private int free(long now) {
            if (full) {
                return 0;
            }
            recent.values().removeIf(since -> now - since > RECENT_MILLIS);
            long running = held.stream().filter(ref -> !finished.contains(ref)).count();
            return (int) Math.max(0, latest.slots() - running - recent.size());
        }

        private boolean silentSince(long time, long now) {
            return now - at > GAP_MILLIS && Math.abs(at - time) <= GAP_MILLIS;
        }

        private boolean cameBackFrom(long time) {
            return silentFrom != Long.MIN_VALUE && Math.abs(silentFrom - time) <= GAP_MILLIS;
        }

        private boolean saidGoodbye() {
            return latest.draining() && latest.held().isEmpty();
        }
    }
}
