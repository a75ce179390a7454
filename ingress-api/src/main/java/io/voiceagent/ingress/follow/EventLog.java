package io.voiceagent.ingress.follow;

import io.voiceagent.messages.fold.ResponseEvent;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * The events of one response, shared by all who read them: one list that only grows, and each reader has an index into it. A reader that is
 * slow costs an index and nothing more; one that waits is woken by the event itself.
 */
final class EventLog {
    private static final int FIRST_CAPACITY = 16;

    private final Scheduler scheduler;
    private final Set<Reader> readers = ConcurrentHashMap.newKeySet();
    /** Holds at least {@link #size} events; written before it, so read after it. */
    private volatile @Nullable ResponseEvent[] events = new ResponseEvent[FIRST_CAPACITY];

    private volatile int size;
    private volatile boolean terminated;
    private @Nullable Throwable failure;

    /** @param scheduler runs the readers, so that a writer is not held up by what they do; they never block it */
    EventLog(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Appends events; by one thread at a time. */
    void append(List<ResponseEvent> more) {
        if (more.isEmpty() || terminated) {
            return;
        }
        int end = size + more.size();
        @Nullable ResponseEvent[] room = events;
        if (end > room.length) {
            room = Arrays.copyOf(room, Math.max(end, 2 * room.length));
        }
        for (int i = 0; i < more.size(); i++) {
            room[size + i] = more.get(i);
        }
        events = room;
        size = end;
        wakeAll();
    }

    /** No event follows. */
    void complete() {
        terminate(null);
    }

    /** Readers fail when they have read what is there. */
    void fail(Throwable why) {
        terminate(why);
    }

    private void terminate(@Nullable Throwable why) {
        if (!terminated) {
            failure = why;
            terminated = true;
            wakeAll();
        }
    }

    private void wakeAll() {
        readers.forEach(Reader::wake);
    }

    /** How many read at the moment. */
    int readers() {
        return readers.size();
    }

    /** The events whose sequence number is above {@code startingAfter}: an event's number is its index. */
    Flux<ResponseEvent> from(long startingAfter) {
        long first = Math.clamp(startingAfter, -1, Integer.MAX_VALUE - 1) + 1;
        return new Flux<>() {
            @Override
            public void subscribe(CoreSubscriber<? super ResponseEvent> subscriber) {
                Reader reader = new Reader(subscriber, (int) first);
                subscriber.onSubscribe(reader);
                readers.add(reader);
                // After it is entered: either it sees an event now, or the event's writer sees it
                reader.wake();
                // It may have been cancelled before it was entered
                if (reader.cancelled) {
                    readers.remove(reader);
                }
            }
        };
    }

    /** One subscription. {@code next} is only touched by the thread that drains, one at a time. */
    private final class Reader implements Subscription {
        private final CoreSubscriber<? super ResponseEvent> subscriber;
        private final AtomicLong requested = new AtomicLong();
        private final AtomicInteger wakes = new AtomicInteger();
        private volatile boolean cancelled;
        private int next;

        private Reader(CoreSubscriber<? super ResponseEvent> subscriber, int first) {
            this.subscriber = subscriber;
            this.next = first;
        }

        @Override
        public void request(long n) {
            if (Operators.validate(n)) {
                requested.getAndUpdate(has -> Operators.addCap(has, n));
                wake();
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            readers.remove(this);
        }

        private void wake() {
            if (!cancelled && wakes.getAndIncrement() == 0) {
                scheduler.schedule(this::drain);
            }
        }

        private void drain() {
            int missed = wakes.get();
            while (missed != 0) {
                if (pass()) {
                    return;
                }
                missed = wakes.addAndGet(-missed);
            }
        }

        /** Hands over what is there and wanted; true when nothing will ever follow. */
        private boolean pass() {
            boolean last = terminated; // read before the size: no event is appended after it
            int end = size;
            @Nullable ResponseEvent[] all = events;
            long wanted = requested.get();
            long given = 0;
            while (!cancelled && next < end && given < wanted) {
                ResponseEvent event = all[next++];
                if (event != null) { // always, below the size
                    subscriber.onNext(event);
                }
                given++;
            }
            if (given > 0 && wanted != Long.MAX_VALUE) {
                requested.addAndGet(-given);
            }
            if (cancelled) {
                readers.remove(this);
                return true;
            }
            if (last && next >= end) {
                cancel();
                if (failure == null) {
                    subscriber.onComplete();
                } else {
                    subscriber.onError(failure);
                }
                return true;
            }
            return false;
        }
    }
}
