package io.voiceagent.ingress.web;

import io.opentelemetry.context.Context;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.RequestLog;
import io.voiceagent.messages.Request;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A log in memory. */
public final class FakeRequestLog implements RequestLog {
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Context> traces = new CopyOnWriteArrayList<>();
    private volatile @Nullable Refusal failure;
    private volatile Consumer<Request> onAppend = request -> {};

    @Override
    public Mono<Void> append(Request request, Context trace) {
        return Mono.defer(() -> {
            if (failure != null) {
                return Mono.error(failure);
            }
            requests.add(request);
            traces.add(trace);
            onAppend.accept(request);
            return Mono.empty();
        });
    }

    /** What was appended, oldest first. */
    public List<Request> requests() {
        return requests;
    }

    /** The contexts that the requests were appended with. */
    public List<Context> traces() {
        return traces;
    }

    /** Every append from now on fails; null: works again. */
    public void fail(@Nullable Refusal failure) {
        this.failure = failure;
    }

    /** What happens after each append. */
    public void onAppend(Consumer<Request> action) {
        this.onAppend = action;
    }

    public void clear() {
        requests.clear();
        traces.clear();
        failure = null;
        onAppend = request -> {};
    }
}
