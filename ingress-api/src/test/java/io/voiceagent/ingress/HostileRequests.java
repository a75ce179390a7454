package io.voiceagent.ingress;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Requests that no honest client sends, as the bytes on the wire. Each is made for one server and one response of another tenant, which it
 * tries to reach or to disturb.
 */
final class HostileRequests {
    private static final String OK = "{\"input\":\"hello\",\"background\":true}";

    /**
     * One of them.
     *
     * @param refused whether it must be refused; the others may be taken, for they are only odd
     * @param answers how many answers there may be on the connection at most: what is hidden in a request must not be answered
     */
    record Hostile(String name, byte[] bytes, boolean refused, int answers) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final String key;
    private final String victim;
    private final Map<String, Hostile> all = new LinkedHashMap<>();

    /**
     * @param key of the tenant that attacks
     * @param victim id of a response of another tenant
     */
    HostileRequests(String key, String victim) {
        this.key = key;
        this.victim = victim;
    }

    List<Hostile> all() {
        syntax();
        types();
        bounds();
        encodings();
        nesting();
        ids();
        paths();
        queries();
        keys();
        headers();
        lengths();
        smuggling();
        protocols();
        return List.copyOf(all.values());
    }

    private void add(String name, byte[] bytes, boolean refused) {
        add(name, bytes, refused, 1);
    }

    private void add(String name, byte[] bytes, boolean refused, int answers) {
        Hostile before = all.put(name, new Hostile(name, bytes, refused, answers));
        if (before != null) {
            throw new IllegalStateException("twice: " + name);
        }
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private String head(String method, String target, String more) {
        return "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n".formatted(method, target, more);
    }

    private String authorized() {
        return "Authorization: Bearer " + key + "\r\n";
    }

    private byte[] post(byte[] body, String more) {
        byte[] head = latin(head(
                "POST",
                "/api/v1/responses",
                authorized() + "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n" + more));
        byte[] whole = new byte[head.length + body.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(body, 0, whole, head.length, body.length);
        return whole;
    }

    private void body(String name, byte[] body, boolean refused) {
        add("body: " + name, post(body, ""), refused);
    }

    private void body(String name, String body) {
        body(name, body.getBytes(StandardCharsets.UTF_8), true);
    }

    private void oddBody(String name, String body) {
        body(name, body.getBytes(StandardCharsets.UTF_8), false);
    }

    private void field(String name, String field) {
        body(name, "{\"input\":\"hello\",\"background\":true," + field + "}");
    }

    private void syntax() {
        for (int length = 0; length < OK.length(); length++) {
            body("cut after %d bytes".formatted(length), OK.substring(0, length));
        }
        for (String bad : List.of(
                "null",
                "true",
                "7",
                "\"hello\"",
                "[]",
                "{}",
                "{input:\"a\"}",
                "{'input':'a'}",
                "{\"input\":\"a\",}",
                "{\"input\":\"a\"}}",
                "{\"input\":\"a\"}{\"input\":\"b\"}",
                "{\"input\":\"a\"} x",
                "/* */{\"input\":\"a\"}",
                "{\"input\":\"a\"//\n}",
                "{\"input\":\"a\tb\"}",
                "{\"input\":\"a\nb\"}",
                "{\"input\":\"\\x41\"}",
                "{\"input\":\"\\u12\"}",
                "{\"input\":\"a\",\"input\":\"b\"}",
                "{\"input\":\"a\",\"metadata\":{\"a\":\"1\",\"a\":\"2\"}}",
                "{\"input\":\"a\",\"temperature\":01}",
                "{\"input\":\"a\",\"temperature\":+1}",
                "{\"input\":\"a\",\"temperature\":.5}",
                "{\"input\":\"a\",\"temperature\":1.}",
                "{\"input\":\"a\",\"temperature\":0x1}",
                "{\"input\":\"a\",\"temperature\":NaN}",
                "{\"input\":\"a\",\"temperature\":Infinity}",
                "{\"input\":\"a\",\"temperature\":-Infinity}",
                "{\"input\":\"a\",\"stream\":TRUE}",
                "{\"input\":\"a\",\"__proto__\":{\"admin\":true}}",
                "{\"input\":\"a\",\"constructor\":{}}",
                "{\"input\":\"a\",\"tenant\":\"acme\"}",
                "{\"input\":\"a\",\"@class\":\"java.lang.ProcessBuilder\"}",
                "{\"input\":\"a\",\"\":1}",
                "<request/>",
                "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
                "input=hello&background=true",
                "--x\r\nContent-Disposition: form-data; name=\"input\"\r\n\r\nhello\r\n--x--\r\n",
                "!!java.net.URL [\"http://localhost\"]")) {
            body("text %s".formatted(bad), bad);
        }
    }

    private void types() {
        Map<String, String> literals = Map.of(
                "boolean", "true", "number", "0.5", "string", "\"x\"", "array", "[]", "object", "{}", "nested",
                "[[{}]]");
        Map<String, List<String>> fields = new LinkedHashMap<>();
        for (String text : List.of("model", "instructions", "previous_response_id", "truncation")) {
            fields.put(text, List.of("boolean", "number", "array", "object", "nested"));
        }
        for (String number : List.of("temperature", "top_p")) {
            fields.put(number, List.of("boolean", "string", "array", "object", "nested"));
        }
        for (String integer : List.of("max_output_tokens", "max_tool_calls")) {
            fields.put(integer, List.of("boolean", "number", "string", "array", "object", "nested"));
        }
        for (String flag : List.of("stream", "background", "store", "parallel_tool_calls")) {
            fields.put(flag, List.of("number", "string", "array", "object", "nested"));
        }
        for (String list : List.of("tools", "include")) {
            fields.put(list, List.of("boolean", "number", "string", "object", "nested"));
        }
        for (String object : List.of("metadata", "text", "reasoning")) {
            fields.put(object, List.of("boolean", "number", "string", "array", "nested"));
        }
        fields.put("tool_choice", List.of("boolean", "number", "string", "array", "nested"));
        fields.forEach((field, wrong) -> wrong.forEach(type -> body(
                "%s is %s".formatted(field, type),
                "{\"input\":\"hello\",%s\"%s\":%s}"
                        .formatted(
                                field.equals("background") ? "" : "\"background\":true,", field, literals.get(type)))));
        for (String input : List.of(
                "7",
                "true",
                "null",
                "{}",
                "[7]",
                "[null]",
                "[[]]",
                "[{}]",
                "[{\"role\":\"root\",\"content\":\"a\"}]",
                "[{\"role\":7,\"content\":\"a\"}]",
                "[{\"role\":\"user\"}]",
                "[{\"role\":\"user\",\"content\":7}]",
                "[{\"role\":\"user\",\"content\":[{}]}]",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\"}]}]",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":{}}]}]",
                "[{\"role\":\"user\",\"content\":[{\"type\":\"nothing\",\"text\":\"a\"}]}]",
                "[{\"type\":\"nothing\"}]",
                "[{\"type\":\"function_call\"}]",
                "[{\"type\":\"function_call_output\",\"output\":\"a\"}]",
                "[{\"type\":\"function_call_output\",\"call_id\":7,\"output\":\"a\"}]",
                "[{\"type\":\"item_reference\",\"id\":\"" + victim + "\"}]",
                "[{\"type\":[\"message\"],\"role\":\"user\",\"content\":\"a\"}]")) {
            body("input is " + input.replace(victim, "ID"), "{\"background\":true,\"input\":" + input + "}");
        }
    }

    private void bounds() {
        for (String value : List.of("-0.1", "2.1", "1e308", "1e400", "-1e400", "123456789012345678901234567890")) {
            field("temperature " + value, "\"temperature\":" + value);
        }
        for (String value : List.of("-0.1", "1.1", "1e400")) {
            field("top_p " + value, "\"top_p\":" + value);
        }
        for (String value : List.of("-1", "0", "9999999999", "99999999999999999999", "1e400", "1.5")) {
            field("max_output_tokens " + value, "\"max_output_tokens\":" + value);
        }
        for (String value : List.of("-1", "99999999999999999999", "1e400")) {
            field("max_tool_calls " + value, "\"max_tool_calls\":" + value);
        }
        field("number of 100,000 digits", "\"temperature\":" + "9".repeat(100_000));
        field("exponent of 10 digits", "\"temperature\":1e9999999999");
        field("model too long", "\"model\":\"" + "m".repeat(100_000) + "\"");
        field("empty model", "\"model\":\"\"");
        field("name of a field of 1 MB", "\"" + "n".repeat(1 << 20) + "\":1");
        field("metadata of 17", "\"metadata\":{" + pairs(17, "v") + "}");
        field("metadata of 50,000", "\"metadata\":{" + pairs(50_000, "v") + "}");
        field("value in metadata too long", "\"metadata\":{\"a\":\"" + "v".repeat(513) + "\"}");
        field("key in metadata too long", "\"metadata\":{\"" + "k".repeat(65) + "\":\"v\"}");
        field(
                "50,000 tools",
                "\"tools\":["
                        + "{\"type\":\"function\",\"name\":\"f\"},".repeat(49_999)
                        + "{\"type\":\"function\",\"name\":\"f\"}]");
        field("two tools of one name", "\"tools\":[" + function("f") + "," + function("f") + "]");
        for (String name : List.of("", "a b", "a/b", "a\\u0000", "x".repeat(500), "\\ud83d\\ude00")) {
            field("tool is called %.10s".formatted(name), "\"tools\":[" + function(name) + "]");
        }
        field("50,000 fields", pairs(50_000, "v"));
        body(
                "200,000 items",
                "{\"background\":true,\"input\":["
                        + "{\"role\":\"user\",\"content\":\"a\"},".repeat(199_999)
                        + "{\"role\":\"user\",\"content\":\"a\"}]}");
        body("no input but much else", "{\"instructions\":\"" + "a".repeat(1 << 20) + "\"}");
        body("6 MB of text", "{\"background\":true,\"input\":\"" + "a".repeat(6 << 20) + "\"}");
        body("6 MB of escapes", "{\"background\":true,\"input\":\"" + "\\u0000".repeat(1 << 20) + "\"}");
    }

    private static String function(String name) {
        return "{\"type\":\"function\",\"name\":\"%s\",\"parameters\":{\"type\":\"object\"}}".formatted(name);
    }

    private static String pairs(int count, String value) {
        StringBuilder pairs = new StringBuilder();
        for (int i = 0; i < count; i++) {
            pairs.append(i == 0 ? "" : ",")
                    .append("\"k")
                    .append(i)
                    .append("\":\"")
                    .append(value)
                    .append('"');
        }
        return pairs.toString();
    }

    private void encodings() {
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        inputs.put("a lone continuation byte", new byte[] {(byte) 0x80});
        inputs.put("an overlong slash", new byte[] {(byte) 0xc0, (byte) 0xaf});
        inputs.put("an overlong NUL", new byte[] {(byte) 0xc0, (byte) 0x80});
        inputs.put("a surrogate as bytes", new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80});
        inputs.put("beyond Unicode", new byte[] {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80});
        inputs.put("five bytes", new byte[] {(byte) 0xf8, (byte) 0x88, (byte) 0x80, (byte) 0x80, (byte) 0x80});
        inputs.put("0xff", new byte[] {(byte) 0xff});
        inputs.put("cut in the middle of a character", new byte[] {(byte) 0xe2, (byte) 0x82});
        inputs.put("a raw NUL", new byte[] {0});
        inputs.put("latin-1", latin("\u00e9t\u00e9"));
        inputs.forEach((name, bytes) -> {
            byte[] before = latin("{\"background\":true,\"input\":\"a");
            byte[] after = latin("b\"}");
            byte[] body = new byte[before.length + bytes.length + after.length];
            System.arraycopy(before, 0, body, 0, before.length);
            System.arraycopy(bytes, 0, body, before.length, bytes.length);
            System.arraycopy(after, 0, body, before.length + bytes.length, after.length);
            body(name, body, true);
        });
        body("UTF-16", OK.getBytes(StandardCharsets.UTF_16), true);
        body("UTF-16 without a mark", OK.getBytes(StandardCharsets.UTF_16LE), true);
        body("UTF-32", OK.getBytes(java.nio.charset.Charset.forName("UTF-32")), true);
        body("NULs", new byte[100], true);
        body("gzip", new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}, true);
        oddBody("a mark of the byte order", "\ufeff" + OK);
        for (String odd : List.of(
                "\\ud800", "\\udc00\\ud800", "\\u0000", "\\u202e", "\\ufffe", "\\u001b[2J", "\\r\\nSet-Cookie: a=b")) {
            oddBody("input has " + odd, "{\"background\":true,\"input\":\"a" + odd + "b\"}");
            oddBody(
                    "metadata has " + odd,
                    "{\"background\":true,\"input\":\"a\",\"metadata\":{\"a\":\"" + odd + "\"}}");
            oddBody(
                    "instructions have " + odd,
                    "{\"background\":true,\"input\":\"a\",\"instructions\":\"" + odd + "\"}");
        }
    }

    private void nesting() {
        for (int depth : new int[] {150, 1_001, 20_000, 500_000}) {
            body("arrays %d deep".formatted(depth), "[".repeat(depth));
            body("closed arrays %d deep".formatted(depth), "{\"input\":" + "[".repeat(depth) + "]".repeat(depth) + "}");
            body(
                    "objects %d deep".formatted(depth),
                    "{\"input\":" + "{\"a\":".repeat(depth) + "1" + "}".repeat(depth) + "}");
            field(
                    "parameters %d deep".formatted(depth),
                    "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":"
                            + "{\"properties\":".repeat(depth) + "{}" + "}".repeat(depth) + "}]");
        }
    }

    private void request(String name, String method, String target, String more) {
        add(name, latin(head(method, target, more)), true);
    }

    private void ids() {
        request("another tenant's id: get", "GET", "/api/v1/responses/" + victim, authorized());
        request("another tenant's id: stream", "GET", "/api/v1/responses/" + victim + "?stream=true", authorized());
        request(
                "another tenant's id: cancel",
                "POST",
                "/api/v1/responses/" + victim + "/cancel",
                authorized() + "Content-Length: 0\r\n");
        field("another tenant's id: to go on from", "\"previous_response_id\":\"" + victim + "\"");
        field("another tenant's id in upper case", "\"previous_response_id\":\"" + victim.toUpperCase() + "\"");
        String digits = victim.substring("resp_".length());
        for (int at = 0; at < digits.length(); at++) {
            char other = digits.charAt(at) == '0' ? '1' : '0';
            String changed = digits.substring(0, at) + other + digits.substring(at + 1);
            request("id with digit %d changed".formatted(at), "GET", "/api/v1/responses/resp_" + changed, authorized());
        }
        for (String id : List.of(
                "resp_",
                digits,
                "resp_" + digits + "0",
                "resp_" + digits.substring(1),
                "RESP_" + digits,
                "msg_" + digits,
                "resp_" + "f".repeat(48),
                "resp_" + "z".repeat(48),
                "resp_" + "0".repeat(4_000),
                victim + "%00",
                victim + "%20",
                victim + "%0d%0aSet-Cookie:a=b",
                "%27%20or%20%271%27=%271",
                "%7B%7D",
                "$%7Bjndi:ldap://localhost/a%7D",
                "*",
                "-1",
                "%F0%9F%98%80",
                victim + "," + victim)) {
            request("id " + id.replace(victim, "ID"), "GET", "/api/v1/responses/" + id, authorized());
        }
    }

    private void paths() {
        String own = "/api/v1/responses/" + victim;
        List<String> targets = new ArrayList<>(List.of(
                "/%2e/api/v1/responses/" + victim,
                "//api/v1/responses/" + victim,
                "/api/v1//responses/" + victim,
                "/api/v1/./responses/" + victim,
                "/api/v1/x/../responses/" + victim,
                "/api/v1/x/%2e%2e/responses/" + victim,
                "/api/v1/x/..%2fresponses/" + victim,
                "/api/v1/responses%2f" + victim,
                "/api%2fv1%2fresponses%2f" + victim,
                "/api/v1/responses/%252e%252e/" + victim,
                "/api/v1/health/../responses/" + victim,
                "/api/v1/health/..;/responses/" + victim,
                "/api/v1/health;/../responses/" + victim,
                "/api/v1/health%2f..%2fresponses%2f" + victim,
                "/docs/../api/v1/responses/" + victim,
                "/docs/..%2fapi/v1/responses/" + victim,
                "/docs/%2e%2e/api/v1/responses/" + victim,
                "/docs/..;/api/v1/responses/" + victim,
                "/docs/..\\api\\v1\\responses\\" + victim,
                "/docs/%5c..%5capi/v1/responses/" + victim,
                "/docs/%c0%ae%c0%ae/api/v1/responses/" + victim,
                "/docs/%u002e%u002e/api/v1/responses/" + victim,
                "/docs/....//api/v1/responses/" + victim,
                "/swagger-ui/../api/v1/responses/" + victim,
                "/actuator/health/../../api/v1/responses/" + victim,
                "/actuator/health/..;/env",
                "/actuator/health/%2e%2e/env",
                "/actuator/health;a=b/../env",
                "/actuator/env",
                "/actuator/heapdump",
                "/actuator/configprops",
                "/actuator/threaddump",
                "/actuator/loggers",
                "/actuator/beans",
                "/actuator/shutdown",
                "/actuator/prometheus/../env",
                "/webjars/../application.yml",
                "/webjars/swagger-ui/../../../../etc/passwd",
                "/webjars/swagger-ui/..%2f..%2fingress-api.yml",
                "/webjars/swagger-ui/%2e%2e/%2e%2e/ingress-api.yml",
                "/docs/..%2f..%2fetc%2fpasswd",
                "/docs/file:/etc/passwd",
                "/docs/%00",
                "/etc/passwd",
                "/.git/config",
                "/.env",
                "/ingress-api.yml",
                "/WEB-INF/web.xml",
                "/API/V1/responses/" + victim,
                "/api/V1/responses/" + victim,
                own + "/",
                own + "/.",
                own + ".json",
                own + ";a=b",
                own + ";/cancel",
                own + "%2f",
                own + "%00",
                own + "%0a",
                own + "#a",
                own + "/input_items/../",
                own + "\t",
                own + "%",
                own + "%zz",
                "/api/v1/responses/\u00e9",
                "/api/v1/models/..%2f..%2fresponses",
                "/api/v1/models/%2e%2e/responses",
                "/" + "a/".repeat(3_000),
                "/" + "a".repeat(7_000),
                "/" + "a".repeat(20_000),
                "/" + "%2e%2e/".repeat(500),
                "http://localhost" + own,
                "http://evil.example.com" + own,
                "file:///etc/passwd",
                "*",
                "api/v1/responses/" + victim,
                ":",
                "?",
                "localhost:443"));
        for (String target : targets) {
            String name = target.replace(victim, "ID");
            String shown = name.length() > 60 ? name.substring(0, 60) + " of " + name.length() : name;
            request("path with a key: " + shown, "GET", target, authorized());
            request("path without a key: " + shown, "GET", target, "");
        }
    }

    private void queries() {
        String own = "/api/v1/responses/" + victim;
        for (String query : List.of(
                "stream=yes",
                "stream=",
                "stream",
                "stream=true&stream=true",
                "stream=true&starting_after=-1",
                "stream=true&starting_after=99999999999999999999",
                "stream=true&starting_after=1e3",
                "stream=true&starting_after=%00",
                "stream=true&starting_after=",
                "starting_after=1",
                "tenant=acme",
                "api_key=" + "a".repeat(100),
                "%",
                "%zz=1",
                "%00=1",
                "a[b]=c",
                "a=" + "b".repeat(6_000),
                "&".repeat(3_000),
                "a&".repeat(2_000),
                ";stream=true",
                "stream=true%26starting_after=1")) {
            request("query %.40s".formatted(query), "GET", own + "?" + query, authorized());
        }
    }

    private void keys() {
        for (String authorization : List.of(
                "Authorization: Bearer\r\n",
                "Authorization: Bearer  \r\n",
                "Authorization: Bearer " + key + "x\r\n",
                "Authorization: Bearer " + key.substring(1) + "\r\n",
                "Authorization: Bearer " + key + " " + key + "\r\n",
                "Authorization: Bearer " + key + "," + key + "\r\n",
                "Authorization: Bearer " + key + "\0\r\n",
                "Authorization: Basic " + key + "\r\n",
                "Authorization: " + key + "\r\n",
                "Authorization: Bearer\t" + key + "\r\n",
                "Authorization: Bearer " + key + "\r\nAuthorization: Bearer " + key + "\r\n",
                "Authorization: Bearer " + key + "\r\nauthorization: Bearer acme-key-0000000000\r\n",
                "Authorization: Bearer " + "a".repeat(8_000) + "\r\n",
                "Authorization: Bearer \u00ff\u00fe\r\n",
                "Authorization:\r\n",
                "X-Api-Key: " + key + "\r\n",
                "Proxy-Authorization: Bearer " + key + "\r\n",
                "Cookie: Authorization=Bearer " + key + "\r\n",
                "X-Forwarded-User: acme\r\nX-Tenant: acme\r\n")) {
            request(
                    "key: %.60s".formatted(authorization.replace(key, "KEY")),
                    "GET",
                    "/api/v1/responses/" + victim,
                    authorization);
        }
    }

    private void headers() {
        for (String type : List.of(
                "text/plain",
                "text/json",
                "application/xml",
                "application/json; charset=utf-16",
                "application/json; charset=nothing",
                "application/json; charset=\"",
                "application/*",
                "*/*",
                "json",
                "/",
                "application/json, text/plain",
                "multipart/form-data; boundary=x",
                "application/x-www-form-urlencoded",
                "application/json\0",
                "a".repeat(4_000))) {
            add(
                    "Content-Type: %.40s".formatted(type),
                    latin(head(
                                    "POST",
                                    "/api/v1/responses",
                                    authorized() + "Content-Type: " + type + "\r\nContent-Length: " + OK.length()
                                            + "\r\n")
                            + OK),
                    true);
        }
        for (String encoding : List.of("gzip", "deflate", "br", "identity, gzip", "x", "gzip, gzip, gzip")) {
            add("Content-Encoding: " + encoding, post(latin(OK), "Content-Encoding: " + encoding + "\r\n"), true);
        }
        for (String odd : List.of(
                "Accept: nothing",
                "Accept: */*;q=2",
                "Accept: " + "a/b,".repeat(1_000) + "a/b",
                "traceparent: 00-0-0-0",
                "traceparent: " + "f".repeat(2_000),
                "tracestate: " + "a=b,".repeat(500),
                "baggage: " + "a=b,".repeat(500),
                "x-request-id: ../../etc/passwd",
                "x-request-id: ${jndi:ldap://localhost/a}",
                "x-request-id: " + "a".repeat(2_000),
                "User-Agent: ",
                "User-Agent: " + "a".repeat(6_000),
                "User-Agent: \u00ff\u00fe",
                "X-Forwarded-For: 127.0.0.1",
                "X-Forwarded-Prefix: /../..",
                "X-Original-URL: /api/v1/responses/" + victim,
                "X-Rewrite-URL: /api/v1/responses/" + victim,
                "X-HTTP-Method-Override: DELETE",
                "Forwarded: for=\"[::1]\";host=evil.example.com;proto=nothing",
                "X-Forwarded-Proto: nothing",
                "X-Forwarded-Port: -1",
                "X-Forwarded-Host: evil.example.com",
                "Origin: null",
                "Origin: \u00ff",
                "Origin: https://evil.example.com",
                "Range: bytes=0-18446744073709551615",
                "If-None-Match: *",
                "Last-Event-ID: " + "9".repeat(1_000),
                "Expect: 100-continue",
                "Expect: 200-ok",
                "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
                "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
                "Prefer: wait=99999999999999999999",
                "Cookie: " + "a=b; ".repeat(1_000))) {
            String name = "header " + (odd.length() > 50 ? odd.substring(0, 50) : odd).replace(victim, "ID");
            add(name, latin(head("GET", "/api/v1/responses/" + victim, authorized() + odd + "\r\n")), true);
        }
        for (String bad : List.of(
                "No-Colon",
                ": no name",
                "Has Blank: a",
                "Blank-Before-Colon : a",
                " Folded: a",
                "X-A: a\r\n folded",
                "X-A: a\0b",
                "X-A: a\rb",
                "X-A: a\u0007b",
                "X-\u00e9: a",
                "X-A\0: a",
                "X-A(): a")) {
            add(
                    "malformed header %s".formatted(bad),
                    latin(head("GET", "/api/v1/responses/" + victim, authorized() + bad + "\r\n")),
                    true);
        }
        request("1,000 headers", "GET", "/api/v1/responses/" + victim, authorized() + "X-A: b\r\n".repeat(1_000));
        request("100,000 headers", "GET", "/api/v1/responses/" + victim, authorized() + "X-A: b\r\n".repeat(100_000));
        request(
                "header of 1 MB",
                "GET",
                "/api/v1/responses/" + victim,
                authorized() + "X-A: " + "b".repeat(1 << 20) + "\r\n");
    }

    private void raw(String name, String text) {
        add(name, latin(text), true);
    }

    private String create(String more) {
        return "POST /api/v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + authorized()
                + more + "\r\n";
    }

    private void lengths() {
        for (String length : List.of(
                "-1",
                "+5",
                "0x5",
                "5.0",
                "5e0",
                "abc",
                "",
                "99999999999999999999",
                "9223372036854775807",
                "10485761",
                "5 5")) {
            raw("Content-Length: " + length, create("Content-Length: " + length + "\r\n") + OK);
        }
        raw("body shorter than its length", create("Content-Length: 5000\r\n") + OK);
        for (String size : List.of(
                "g",
                "-1",
                "+5",
                "0x5",
                "ffffffffffffffff",
                "7fffffffffffffff",
                "80000000",
                " ",
                "",
                "5;a=\0",
                "1 1",
                ";a=b",
                "5;" + "a".repeat(20_000))) {
            raw(
                    "chunk of size %.20s".formatted(size),
                    create("Transfer-Encoding: chunked\r\n") + size + "\r\n" + OK + "\r\n0\r\n\r\n");
        }
        raw("chunk longer than its size", create("Transfer-Encoding: chunked\r\n") + "3\r\n" + OK + "\r\n0\r\n\r\n");
        raw("chunks without an end", create("Transfer-Encoding: chunked\r\n") + "5\r\n{\"inp\r\n");
        raw(
                "chunks of one byte, then nonsense",
                create("Transfer-Encoding: chunked\r\n") + "1\r\n{\r\n".repeat(2_000) + "x\r\n");
        raw(
                "100,000 trailers",
                create("Transfer-Encoding: chunked\r\n") + "1\r\n{\r\n0\r\n" + "X-A: b\r\n".repeat(100_000) + "\r\n");
    }

    /** In each a second request is hidden; a server that finds it would be answering what a proxy before it took for a body. */
    private void smuggling() {
        String hidden = "GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\n" + authorized() + "\r\n";
        String chunked = "0\r\n\r\n" + hidden;
        for (String coding : List.of(
                "Transfer-Encoding: chunked",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding: identity, chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding:\tchunked",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: chunked;a=b",
                "Transfer-Encoding: CHUNKED",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding\t: chunked",
                " Transfer-Encoding: chunked",
                "X-A: b\r\n Transfer-Encoding: chunked",
                "X-A: b\nTransfer-Encoding: chunked",
                "X-A: b\rTransfer-Encoding: chunked",
                "Transfer-Encoding:\u000bchunked",
                "Transfer-Encoding: \0chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                "Transfer_Encoding: chunked",
                "Transfer-Encoding:",
                "Transfer-Encoding: chunke\u00e4")) {
            String shown = coding.replace("\r", "\\r").replace("\n", "\\n");
            raw(
                    "smuggled by length and %s".formatted(shown),
                    create("Content-Length: " + chunked.length() + "\r\n" + coding + "\r\n") + chunked);
            // What is no coding, but a line that goes on (RFC 9112, 5.2) or another field's name, leaves a body of five
            // bytes and a
            // second request, plain to everybody
            boolean plain = coding.startsWith(" ") || coding.contains("\n ") || coding.contains("_");
            add(
                    "smuggled by %s and length".formatted(shown),
                    latin(create(coding + "\r\nContent-Length: 5\r\n") + chunked),
                    !plain,
                    plain ? 2 : 1);
        }
        for (String lengths : List.of(
                "Content-Length: 0\r\nContent-Length: " + hidden.length(),
                "Content-Length: " + hidden.length() + "\r\nContent-Length: 0",
                "Content-Length: 0, " + hidden.length(),
                "Content-Length : " + hidden.length(),
                "Content_Length: " + hidden.length(),
                "Content-Length: 0\nContent-Length: " + hidden.length())) {
            raw(
                    "smuggled by %s".formatted(lengths.replace("\r", "\\r").replace("\n", "\\n")),
                    create(lengths + "\r\nConnection: close\r\n") + hidden);
        }
        raw(
                "smuggled behind a key in a trailer",
                "POST /api/v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n0\r\n" + authorized() + "\r\n");
    }

    private void protocols() {
        String own = "/api/v1/responses/" + victim;
        for (String method : List.of(
                "PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "G\0T", "GET\t", "", "A".repeat(5_000))) {
            raw(
                    "method %.20s".formatted(method),
                    "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
                            .formatted(method, own, authorized()));
        }
        for (String version : List.of(
                "HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/9.9", "HTTP/1", "HTTP/11", "http/1.1", "", "HTCPCP/1.0")) {
            raw(
                    "version " + version,
                    "GET %s %s\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
                            .formatted(own, version, authorized()));
        }
        for (String host : List.of(
                "",
                "Host: a\r\nHost: b\r\n",
                "Host:\r\n",
                "Host: a b\r\n",
                "Host: evil.example.com:99999\r\n",
                "Host: [::1\r\n",
                "Host: \0\r\n",
                "Host: a/../b\r\n",
                "Host: user@localhost\r\n",
                "Host: " + "a".repeat(5_000) + "\r\n")) {
            raw(
                    "host \"%.40s\"".formatted(host.replace("\r\n", "|")),
                    "GET %s HTTP/1.1\r\n%sConnection: close\r\n%s\r\n".formatted(own, host, authorized()));
        }
        raw(
                "HTTP/1.0 with chunks",
                "POST /api/v1/responses HTTP/1.0\r\n" + authorized()
                        + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n\r\n");
        raw(
                "line ends without CR",
                "GET " + own + " HTTP/1.1\nHost: localhost\nConnection: close\n" + authorized() + "\n");
        raw("a request that is one line", "GET " + own + "\r\n\r\n");
        raw("HTTP/2 without a word before", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
        raw("a TLS hello", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003" + "a".repeat(40));
        raw("another protocol", "SSH-2.0-OpenSSH_9.9\r\n");
        raw("a Kafka request", "\0\0\0\u0010\0\u0012\0\3\0\0\0\1\0\4test\0");
        raw("a proxy's line", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET " + own + " HTTP/1.1\r\n\r\n");
        raw("empty lines", "\r\n".repeat(10_000));
        raw("NULs only", "\0".repeat(10_000));
        raw("one line of 1 MB", "A".repeat(1 << 20));
        raw("half a request line", "GET /api/v1/resp");
        raw("half a head", "GET " + own + " HTTP/1.1\r\nHost: loc");
        raw("nothing", "");
    }
}
