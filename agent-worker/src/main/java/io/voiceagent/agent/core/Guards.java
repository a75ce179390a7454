package io.voiceagent.agent.core;

import java.util.EnumSet;
import java.util.Set;

/**
 * The rules in force: all of them. They can be taken out one by one only so that a test can show that it would notice.
 *
 * @param out rules that do not hold
 */
record Guards(Set<Guard> out) {
    static final Guards ALL = new Guards(EnumSet.noneOf(Guard.class));

    static Guards without(Guard guard) {
        return new Guards(EnumSet.of(guard));
    }

    boolean hold(Guard guard) {
        return !out.contains(guard);
    }
}
