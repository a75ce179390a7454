package io.voiceagent.ingress.web;

import io.swagger.v3.core.util.Yaml31;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.voiceagent.ingress.refusal.Code;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The OpenAPI document: written by hand, since it says what the types of handlers can't; its table of error codes is made from {@link Code}.
 * Tests hold it to the routes and to the fields that are taken.
 */
public final class ApiDocument {
    /** Commands of an operation, as several tools that show OpenAPI know them. */
    static final String SAMPLES = "x-codeSamples";

    private static final String RESOURCE = "/openapi/ingress-api.yaml";

    private ApiDocument() {}

    /** The document as it is shown. */
    public static OpenAPI read() {
        OpenAPI document;
        try (InputStream in = Objects.requireNonNull(ApiDocument.class.getResourceAsStream(RESOURCE))) {
            document = Yaml31.mapper().readValue(in, OpenAPI.class);
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE, e);
        }
        document.getInfo().setDescription(document.getInfo().getDescription() + "\n" + codes() + "\n" + unsupported());
        document.getPaths().values().stream()
                .flatMap(path -> path.readOperations().stream())
                .forEach(ApiDocument::showSamples);
        return document;
    }

    /** The page passes over extensions, so that what to paste is in the text, too. */
    private static void showSamples(Operation operation) {
        if (operation.getExtensions() == null || !(operation.getExtensions().get(SAMPLES) instanceof List<?> samples)) {
            return;
        }
        String text = samples.stream()
                .map(Map.class::cast)
                .map(sample -> "%s (%s):\n\n```sh\n%s```\n"
                        .formatted(sample.get("label"), sample.get("status"), sample.get("source")))
                .collect(Collectors.joining("\n"));
        operation.setDescription(
                (operation.getDescription() == null ? "" : operation.getDescription() + "\n\n") + text);
    }

    private static String codes() {
        return Arrays.stream(Code.values())
                .map(code -> "| `%s` | %d | %s |\n".formatted(code.wire(), code.status(), code.meaning()))
                .collect(Collectors.joining("", "| `error.code` | Status | |\n|---|---|---|\n", ""));
    }

    private static String unsupported() {
        return UnsupportedEndpoints.ALL.stream()
                .map(endpoint -> "`%s %s`".formatted(endpoint.method(), endpoint.path()))
                .collect(Collectors.joining(", ", "Of the dialect, these are not supported and answer 501: ", "."));
    }
}
