package io.voiceagent.bench;

import java.time.Duration;

/** When streams begin: fixed in advance, whatever the server does. */
sealed interface Load {

    /** How many streams begin. */
    int streams();

    /** When the stream with this index (from 0) is due, in nanoseconds from the begin of the load. */
    long dueNanos(int index);

    /** A steady arrival. */
    record Rate(double perSecond, Duration duration) implements Load {
        @Override
        public int streams() {
            return (int) Math.max(1, Math.round(perSecond * duration.toNanos() / 1e9));
        }

        @Override
        public long dueNanos(int index) {
            return (long) (index * 1e9 / perSecond);
        }

        @Override
        public String toString() {
            return "%s streams/s for %s s".formatted(trimmed(perSecond), trimmed(duration.toMillis() / 1e3));
        }

        private static String trimmed(double number) {
            return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
        }
    }

    /** All at once. */
    record AtOnce(int streams) implements Load {
        @Override
        public long dueNanos(int index) {
            return 0;
        }

        @Override
        public String toString() {
            return streams + " streams at once";
        }
    }
}
