package io.voiceagent.dashboards;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A real Chromium without a window, with one page, driven by the protocol of its developer tools.
 *
 * @see <a href="https://chromedevtools.github.io/devtools-protocol/">Chrome DevTools Protocol</a>
 */
final class Chromium implements AutoCloseable {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "chrome");
    private static final Pattern LISTENS = Pattern.compile("DevTools listening on (ws://\\S+)");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** All that the page asked for, by URL. */
    final List<String> asked = new CopyOnWriteArrayList<>();
    /** What went wrong on the page or was refused by its policy, as the browser tells it. */
    final List<String> complaints = new CopyOnWriteArrayList<>();
    /** Dialogs that the page opened: nothing here should. */
    final List<String> dialogs = new CopyOnWriteArrayList<>();

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger number = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> open = new ConcurrentHashMap<>();
    private String session = "";

    private Chromium(Process process, String address) {
        this.process = process;
        this.socket = http.newWebSocketBuilder()
                .buildAsync(URI.create(address), new Listener())
                .join();
    }

    /** Whether there is one; if not, what to do is printed. */
    static boolean installed() {
        boolean found = executable().isPresent();
        if (!found) {
            System.out.println(
                    "SKIPPED: the test of the traces' page needs chromium (Debian: apt-get install chromium)");
        }
        return found;
    }

    private static Optional<Path> executable() {
        return Stream.of(System.getenv("PATH").split(":"))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param folder for its profile, new */
    static Chromium start(Path folder) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        executable().orElseThrow().toString(),
                        "--headless=new",
                        "--no-sandbox", // root, as in containers, has none
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + folder)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        CompletableFuture<String> address = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("chromium-log").start(() -> {
            try (BufferedReader log = process.errorReader(StandardCharsets.UTF_8)) {
                for (String line = log.readLine(); line != null; line = log.readLine()) {
                    Matcher listens = LISTENS.matcher(line);
                    if (listens.find()) {
                        address.complete(listens.group(1));
                    }
                }
                address.completeExceptionally(new IllegalStateException("Chromium ended"));
            } catch (IOException e) {
                address.completeExceptionally(e);
            }
        });
        Chromium browser =
                new Chromium(process, address.orTimeout(60, TimeUnit.SECONDS).join());
        browser.openPage();
        return browser;
    }

    private void openPage() {
        String target = send("Target.createTarget", object().put("url", "about:blank"))
                .path("targetId")
                .stringValue();
        session = send("Target.attachToTarget", object().put("targetId", target).put("flatten", true))
                .path("sessionId")
                .stringValue();
        for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
            send(domain + ".enable", object());
        }
    }

    /** As large as this, in pixels of CSS. */
    void size(int width, int height, boolean mobile) {
        send(
                "Emulation.setDeviceMetricsOverride",
                object().put("width", width)
                        .put("height", height)
                        .put("deviceScaleFactor", mobile ? 2 : 1)
                        .put("mobile", mobile));
    }

    /** Light or dark. */
    void colours(String scheme) {
        ObjectNode media = object();
        media.putArray("features")
                .addObject()
                .put("name", "prefers-color-scheme")
                .put("value", scheme);
        send("Emulation.setEmulatedMedia", media);
    }

    void open(String url) {
        send("Page.navigate", object().put("url", url));
    }

    /** The value of an expression of JavaScript. */
    JsonNode evaluate(String expression) {
        JsonNode answer = send(
                "Runtime.evaluate",
                object().put("expression", expression)
                        .put("returnByValue", true)
                        .put("awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new IllegalStateException(answer.path("exceptionDetails").toString());
        }
        return answer.path("result").path("value");
    }

    String text(String selector) {
        return evaluate("document.querySelector(%s)?.innerText ?? ''".formatted(quoted(selector)))
                .stringValue();
    }

    int count(String selector) {
        return evaluate("document.querySelectorAll(%s).length".formatted(quoted(selector)))
                .intValue();
    }

    /** Returns when the expression is true. */
    void await(String expression) {
        Awaitility.await(expression)
                .atMost(PATIENCE)
                .until(() -> evaluate("!!(" + expression + ")").booleanValue());
    }

    /** Presses and lets go of a key, such as {@code Enter}. */
    void press(String key) {
        int code = Map.of(
                        "Enter",
                        13,
                        "Escape",
                        27,
                        "ArrowLeft",
                        37,
                        "ArrowUp",
                        38,
                        "ArrowRight",
                        39,
                        "ArrowDown",
                        40,
                        "Tab",
                        9)
                .getOrDefault(key, 0);
        ObjectNode down =
                object().put("type", "keyDown").put("key", key).put("code", key).put("windowsVirtualKeyCode", code);
        if (key.equals("Enter")) {
            down.put("text", "\r");
        }
        send("Input.dispatchKeyEvent", down);
        send(
                "Input.dispatchKeyEvent",
                object().put("type", "keyUp").put("key", key).put("code", key).put("windowsVirtualKeyCode", code));
    }

    void type(String text) {
        send("Input.insertText", object().put("text", text));
    }

    void screenshot(Path file) throws IOException {
        JsonNode image = send("Page.captureScreenshot", object().put("format", "png"));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(image.path("data").stringValue()));
    }

    static String quoted(String text) {
        return JsonMapper.shared().writeValueAsString(text);
    }

    private static ObjectNode object() {
        return JsonMapper.shared().createObjectNode();
    }

    private JsonNode send(String method, ObjectNode parameters) {
        int id = number.incrementAndGet();
        ObjectNode message = object().put("id", id).put("method", method);
        message.set("params", parameters);
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        open.put(id, answer);
        socket.sendText(message.toString(), true).join();
        return answer.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private void received(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> answer = open.remove(message.path("id").intValue());
            if (answer == null) {
                throw new IllegalStateException("an answer to nothing: " + message);
            }
            if (message.has("error")) {
                answer.completeExceptionally(
                        new IllegalStateException(message.path("error").toString()));
            } else {
                answer.complete(message.path("result"));
            }
            return;
        }
        JsonNode told = message.path("params");
        switch (message.path("method").asString("")) {
            case "Network.requestWillBeSent" ->
                asked.add(told.path("request").path("url").stringValue());
            case "Runtime.exceptionThrown" ->
                complaints.add(told.path("exceptionDetails").toString());
            case "Log.entryAdded" -> complaints.add(told.path("entry").toString());
            case "Page.javascriptDialogOpening" ->
                dialogs.add(told.path("message").asString(""));
            default -> {}
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final List<CharSequence> parts = new ArrayList<>();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            parts.add(data.toString());
            if (last) {
                String whole = String.join("", parts);
                parts.clear();
                received(JsonMapper.shared().readTree(whole));
            }
            from.request(1);
            return null;
        }
    }

    @Override
    public void close() throws InterruptedException {
        socket.abort();
        http.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
