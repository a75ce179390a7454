package io.voiceagent.faults;

import io.voiceagent.faults.Accepted.Kind;
import io.voiceagent.faults.ApiClient.Event;
import io.voiceagent.messages.Json;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A client that behaves as clients should: it submits with an idempotency key and again when it does not know, and reads on at the other
 * ingress when a stream breaks off or is silent. One thread.
 */
final class Customer {
    /** Nothing is waited for longer. */
    static final Duration PATIENCE = Duration.ofSeconds(90);
    /** A stream that says nothing for so long is given up and read on elsewhere. */
    private static final Duration SILENCE = Duration.ofSeconds(4);

    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final String PACE = " [[tps=20]]";
    private final Refusals refusals;

    private final List<ApiClient> apis;
    private int at;

    Customer(List<ApiClient> apis, int first, Refusals refusals) {
        this.apis = apis;
        this.at = first;
        this.refusals = refusals;
    }

    /** A turn of the kind that this number has, or two that belong together. */
    List<Accepted> ask(int number) {
        return switch (number % 8) {
            case 0, 1 -> tools(number);
            case 2 -> cancelled(number);
            case 3 -> conversation(number);
            case 4 -> approval(number);
            case 5 -> unkeyed(number);
            default -> plain(number);
        };
    }

    private List<Accepted> plain(int number) {
        String text = tagged(number, "tell me something. [[tokens=30]]" + PACE);
        return List.of(turn(Kind.PLAIN, Turns.plain(text), text));
    }

    private List<Accepted> unkeyed(int number) {
        String text = tagged(number, "tell me anything. [[tokens=20]]" + PACE);
        long began = System.nanoTime();
        String id = id(attempt("/responses", background(Turns.plain(text)), null));
        if (id == null) {
            refusals.unknown();
            return List.of();
        }
        return List.of(follow(Kind.PLAIN, id, text, began, -1));
    }

    private List<Accepted> tools(int number) {
        String text = tagged(number, "what is " + number + "*3? Then record_effect and repeat_effect it. [[tps=40]]");
        return List.of(turn(Kind.TOOLS, Turns.tools(text), text));
    }

    private List<Accepted> cancelled(int number) {
        String text = tagged(number, "tell me a very long story. [[tokens=1500]]" + PACE);
        ObjectNode body = Turns.plain(text);
        long began = System.nanoTime();
        String id = submit("/responses", body);
        return List.of(follow(Kind.CANCELLED, id, text, began, 8));
    }

    private List<Accepted> conversation(int number) {
        String conversation = submit("/conversations", Turns.empty());
        List<Accepted> turns = new ArrayList<>();
        for (String part : List.of("begin", "go on")) {
            String text = tagged(number, part + " with a talk. [[tokens=15]]" + PACE);
            turns.add(turn(Kind.CONVERSATION, Turns.plain(text).put("conversation", conversation), text));
        }
        return turns;
    }

    private List<Accepted> approval(int number) {
        String text = tagged(number, "please record_effect this. [[tps=40]]");
        Accepted asking = turn(Kind.ASKS_APPROVAL, Turns.guarded(text), text);
        JsonNode ended = asking.ended();
        String request = ended == null ? null : Turns.approvalRequest(ended);
        if (request == null) {
            return List.of(asking);
        }
        ObjectNode answer = Turns.guarded(text).put("previous_response_id", asking.id());
        answer.putArray("input")
                .addObject()
                .put("type", "mcp_approval_response")
                .put("approval_request_id", request)
                .put("approve", true);
        return List.of(asking, turn(Kind.APPROVED, answer, text));
    }

    /** A turn of the caller's own making, followed to its end. */
    Accepted ask(Kind kind, ObjectNode body, String text) {
        return turn(kind, body, text);
    }

    /** The same, which is cancelled a while after it was accepted, whatever it has said by then. */
    Accepted askAndCancel(ObjectNode body, String text, Duration after) {
        long began = System.nanoTime();
        String id = submit("/responses", body);
        LockSupport.parkNanos(after.toNanos());
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!cancel(id) && System.nanoTime() < end) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        return follow(Kind.CANCELLED, id, text, began, -1);
    }

    /** The same, read with another connection for each event, at the ingresses in turn. */
    Accepted askAndReconnect(ObjectNode body, String text) {
        long began = System.nanoTime();
        String id = submit("/responses", body);
        List<Event> events = new ArrayList<>();
        int missing = 0;
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end && (events.isEmpty() || !Accepted.isLast(events.getLast()))) {
            missing += apis.get(at).follow(id, events, events.size() + 1, SILENCE) == 404 ? 1 : 0;
            other();
        }
        return new Accepted(Kind.PLAIN, id, text, began, List.copyOf(events), missing);
    }

    /** A turn in the foreground whose client hangs up after so many events, and comes back later to see what became of it. */
    Accepted askAndHangUp(ObjectNode body, String text, int events) {
        long began = System.nanoTime();
        List<Event> first =
                apis.get(at).createStreamFirst(body.put("stream", true).toString(), events);
        String id = first.getFirst().json().path("response").path("id").asString();
        return follow(Kind.CANCELLED, id, text, began, -1);
    }

    /** The tag makes the simulator count the model calls of the turn. */
    static String tagged(int number, String text) {
        return "Number " + number + ": " + text + " [[tag=" + number + "]]";
    }

    private Accepted turn(Kind kind, ObjectNode body, String text) {
        long began = System.nanoTime();
        return follow(kind, submit("/responses", body), text, began, -1);
    }

    private static ObjectNode background(ObjectNode body) {
        return body.put("background", true);
    }

    /** Until it has an id: with a key it runs once, however often it is sent. */
    private String submit(String path, ObjectNode body) {
        String key = UUID.randomUUID().toString();
        ObjectNode sent = path.equals("/responses") ? background(body) : body;
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            HttpResponse<String> answer = attempt(path, sent, key);
            String id = id(answer);
            if (id != null) {
                return id;
            }
            if (answer != null && answer.statusCode() < 500 && answer.statusCode() != 429) {
                throw new IllegalStateException(answer.statusCode() + ": " + answer.body());
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        throw new IllegalStateException("not accepted within " + PATIENCE + ": " + sent);
    }

    private @Nullable HttpResponse<String> attempt(String path, ObjectNode body, @Nullable String key) {
        try {
            HttpResponse<String> answer = apis.get(at).create(path, body.toString(), key);
            refusals.add(answer);
            if (answer.statusCode() >= 500) {
                other();
            }
            return answer;
        } catch (UncheckedIOException e) {
            refusals.noAnswer();
            other();
            return null;
        }
    }

    private static @Nullable String id(@Nullable HttpResponse<String> answer) {
        return answer != null && answer.statusCode() / 100 == 2
                ? Json.tree(answer.body()).path("id").asString()
                : null;
    }

    /** Reads to the end, wherever that takes it. */
    private Accepted follow(Kind kind, String id, String text, long began, int cancelAfter) {
        List<Event> events = new ArrayList<>();
        int missing = 0;
        boolean cancelled = cancelAfter < 0;
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end && (events.isEmpty() || !Accepted.isLast(events.getLast()))) {
            int most = cancelled ? Integer.MAX_VALUE : cancelAfter;
            int status = apis.get(at).follow(id, events, most, SILENCE);
            if (!cancelled && (events.size() >= cancelAfter || status == 200)) {
                cancelled = cancel(id);
            } else if (status != 200 || !events.isEmpty() && !Accepted.isLast(events.getLast())) {
                missing += status == 404 ? 1 : 0;
                other();
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
        return new Accepted(kind, id, text, began, List.copyOf(events), missing);
    }

    private boolean cancel(String id) {
        try {
            return apis.get(at).post("/responses/" + id + "/cancel").statusCode() == 200;
        } catch (UncheckedIOException e) {
            other();
            return false;
        }
    }

    private void other() {
        at = 1 - at;
    }
}
