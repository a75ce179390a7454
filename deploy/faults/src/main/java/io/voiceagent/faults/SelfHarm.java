package io.voiceagent.faults;

import io.voiceagent.transport.crash.CrashPoint;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Kills or stops its own process at a {@link CrashPoint}, once it was told so, by a signal that the kernel acts on before the thread goes
 * on. Says so on the standard output first, with the time.
 */
public final class SelfHarm implements Consumer<CrashPoint> {
    /** Begin of the line that is printed; the milliseconds since the epoch follow. */
    static final String SAYS = "HARMED ";

    private static final MethodHandle KILL = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("kill"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private static volatile @Nullable Order order;

    private record Order(CrashPoint point, AtomicInteger left, Harm harm) {}

    /** Takes an order: {@code POINT TIMES HARM}, or nothing, to take it back. */
    static void order(String line) {
        if (line.isBlank()) {
            order = null;
            return;
        }
        String[] words = line.split(" ", -1);
        order = new Order(
                CrashPoint.valueOf(words[0]), new AtomicInteger(Integer.parseInt(words[1])), Harm.valueOf(words[2]));
    }

    @Override
    public void accept(CrashPoint point) {
        Order now = order;
        if (now != null && now.point == point && now.left.decrementAndGet() == 0) {
            order = null;
            System.out.println(SAYS + System.currentTimeMillis());
            System.out.flush();
            signal(now.harm.signal());
        }
    }

    private static void signal(int signal) {
        try {
            int result = (int) KILL.invokeExact((int) ProcessHandle.current().pid(), signal);
            if (result != 0) {
                throw new IllegalStateException("kill answered " + result);
            }
        } catch (Throwable e) {
            throw new IllegalStateException("could not be harmed", e);
        }
    }
}
