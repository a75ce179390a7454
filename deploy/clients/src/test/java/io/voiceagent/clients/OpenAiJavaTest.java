package io.voiceagent.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.conversations.Conversation;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.conversations.ConversationUpdateParams;
import com.openai.models.conversations.items.ConversationItem;
import com.openai.models.conversations.items.ConversationItemList;
import com.openai.models.conversations.items.ItemCreateParams;
import com.openai.models.conversations.items.ItemDeleteParams;
import com.openai.models.conversations.items.ItemListParams;
import com.openai.models.conversations.items.ItemRetrieveParams;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFormatTextJsonSchemaConfig;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseIncludable;
import com.openai.models.responses.ResponseIncompleteEvent;
import com.openai.models.responses.ResponseInputContent;
import com.openai.models.responses.ResponseInputImage;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseInputText;
import com.openai.models.responses.ResponseItem;
import com.openai.models.responses.ResponseOutputMessage;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.ResponseTextConfig;
import com.openai.models.responses.Tool;
import com.openai.models.responses.WebSearchTool;
import com.openai.models.responses.inputitems.InputItemListParams;
import io.voiceagent.clients.ApiUnderTest.Access;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code com.openai:openai-java}, as its users use it. */
@Timeout(60)
@ExtendWith(ApiUnderTest.class)
class OpenAiJavaTest {
    private static final Duration ENDED_WITHIN = Duration.ofSeconds(20);
    private static final String SLOW = " [[tokens=400]] [[tps=40]]";

    private static OpenAIClient client;

    @BeforeAll
    static void connect(Access access) {
        client = OpenAIOkHttpClient.builder()
                .baseUrl(access.baseUrl())
                .apiKey(access.apiKey())
                .timeout(Duration.ofSeconds(30))
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void disconnect() {
        client.close();
    }

    @Test
    void createsAndWaits() {
        Response answer = client.responses()
                .create(question("Say something. [[tokens=8]]")
                        .instructions("Be brief.")
                        .metadata(ResponseCreateParams.Metadata.builder()
                                .putAdditionalProperty("colour", JsonValue.from("blue"))
                                .build())
                        .build());

        // Reads every field, those that this test does not name too
        assertThat(answer.validate().status()).contains(ResponseStatus.COMPLETED);
        assertThat(text(answer)).isNotBlank();
        assertThat(answer.usage())
                .hasValueSatisfying(usage -> assertThat(usage.outputTokens()).isEqualTo(8));
        assertThat(answer.metadata().orElseThrow()._additionalProperties()).containsKey("colour");
    }

    @Test
    void holdsAConversation() {
        Conversation conversation = client.conversations()
                .create(ConversationCreateParams.builder()
                        .metadata(ConversationCreateParams.Metadata.builder()
                                .putAdditionalProperty("topic", JsonValue.from("test"))
                                .build())
                        .addItem(message("My name is Ada."))
                        .build());
        Response answer = client.responses()
                .create(question("Who am I? [[tokens=5]]")
                        .conversation(conversation.id())
                        .build());
        assertThat(answer.conversation())
                .hasValueSatisfying(it -> assertThat(it.id()).isEqualTo(conversation.id()));

        ConversationItemList added = client.conversations()
                .items()
                .create(ItemCreateParams.builder()
                        .conversationId(conversation.id())
                        .addItem(message("And I live in Oslo."))
                        .build());
        assertThat(added.data()).hasSize(1);
        List<ConversationItem> items = new ArrayList<>();
        client.conversations()
                .items()
                .list(
                        conversation.id(),
                        ItemListParams.builder()
                                .order(ItemListParams.Order.ASC)
                                .limit(3)
                                .build())
                .autoPager()
                .forEach(items::add);
        assertThat(items).hasSize(4).allMatch(ConversationItem::isMessage);
        String last = items.getLast().asMessage().id();
        assertThat(client.conversations()
                        .items()
                        .retrieve(ItemRetrieveParams.builder()
                                .conversationId(conversation.id())
                                .itemId(last)
                                .build())
                        .isMessage())
                .isTrue();
        client.conversations()
                .items()
                .delete(ItemDeleteParams.builder()
                        .conversationId(conversation.id())
                        .itemId(last)
                        .build());
        assertThat(client.conversations().items().list(conversation.id()).items())
                .hasSize(3);
        assertThat(client.conversations().retrieve(conversation.id())).isEqualTo(conversation);
        client.conversations()
                .update(
                        conversation.id(),
                        ConversationUpdateParams.builder()
                                .metadata(ConversationUpdateParams.Metadata.builder()
                                        .putAdditionalProperty("topic", JsonValue.from("done"))
                                        .build())
                                .build());
        assertThat(client.conversations().delete(conversation.id()).deleted()).isTrue();
        assertThatThrownBy(() -> client.conversations().retrieve(conversation.id()))
                .isInstanceOf(NotFoundException.class);
    }

    private static EasyInputMessage message(String text) {
        return EasyInputMessage.builder()
                .role(EasyInputMessage.Role.USER)
                .content(text)
                .build();
    }

    @Test
    void pollsWhatRunsInTheBackground() {
        Response accepted = client.responses()
                .create(question("In the background. [[tokens=5]]")
                        .background(true)
                        .build());

        assertThat(accepted.validate().status()).contains(ResponseStatus.QUEUED);
        assertThat(text(ended(accepted.id()))).isNotBlank();
    }

    @Test
    void streams() {
        List<ResponseStreamEvent> events = stream(question("Stream. [[tokens=20]] [[reasoning=5]]"));

        var deltas = new StringBuilder();
        events.forEach(event -> event.outputTextDelta().ifPresent(delta -> deltas.append(delta.delta())));
        Response last = events.getLast().asCompleted().response();
        assertThat(deltas).hasToString(text(last));
        assertThat(last.output()).anyMatch(item -> item.isReasoning());
        assertThat(client.responses().retrieve(last.id())).isEqualTo(last);
    }

    @Test
    void accumulatesAStream() {
        ResponseAccumulator accumulator = ResponseAccumulator.create();
        try (var events = client.responses()
                .createStreaming(question("Accumulate. [[tokens=9]]").build())) {
            events.stream().forEach(accumulator::accumulate);
        }

        assertThat(accumulator.response().status()).contains(ResponseStatus.COMPLETED);
        assertThat(text(accumulator.response())).isNotBlank();
    }

    @Test
    void approvesACall() {
        Response asked = client.responses().create(guarded().input(CALCULATE).build());
        var request = asked.validate().output().stream()
                .flatMap(item -> item.mcpApprovalRequest().stream())
                .findFirst()
                .orElseThrow();
        assertThat(request.name()).isEqualTo("calculator");

        List<ResponseStreamEvent> events = stream(answering(asked, request.id(), true));
        Response answer = events.getLast().asCompleted().response();
        var call = answer.output().getFirst().asMcpCall();
        assertThat(call.arguments()).isEqualTo(request.arguments());
        assertThat(call.output()).contains("42");
        assertThat(call.approvalRequestId()).contains(request.id());
        assertThat(text(answer)).isNotBlank();
        assertThat(client.responses().inputItems().list(answer.id()).items())
                .singleElement()
                .matches(ResponseItem::isMcpApprovalResponse);

        Response again =
                client.responses().create(answering(asked, request.id(), true).build());
        assertThat(again.error().orElseThrow().code().asString()).isEqualTo("approval_already_answered");
    }

    @Test
    void declinesACall() {
        Response asked = client.responses().create(guarded().input(CALCULATE).build());
        String request = asked.output().stream()
                .flatMap(item -> item.mcpApprovalRequest().stream())
                .findFirst()
                .orElseThrow()
                .id();

        Response answer =
                client.responses().create(answering(asked, request, false).build());
        assertThat(answer.status()).contains(ResponseStatus.COMPLETED);
        assertThat(answer.output()).noneMatch(item -> item.isMcpCall());
        assertThat(text(answer)).isNotBlank();
    }

    private static final String CALCULATE = "What is 6 * 7? [[call=calculator {\"expression\":\"6*7\"}]]";

    private static ResponseCreateParams.Builder guarded() {
        return ResponseCreateParams.builder()
                .model("simulator")
                .addTool(Tool.Mcp.builder()
                        .serverLabel("builtin")
                        .requireApproval(Tool.Mcp.RequireApproval.McpToolApprovalSetting.ALWAYS)
                        .build());
    }

    private static ResponseCreateParams.Builder answering(Response asked, String request, boolean approve) {
        return guarded()
                .previousResponseId(asked.id())
                .inputOfResponse(
                        List.of(ResponseInputItem.ofMcpApprovalResponse(ResponseInputItem.McpApprovalResponse.builder()
                                .approvalRequestId(request)
                                .approve(approve)
                                .reason(approve ? null : "not today")
                                .build())));
    }

    @Test
    void resumesAfterEachEvent() {
        List<ResponseStreamEvent> all = stream(question("Resume. [[tokens=12]]").background(true));
        String id = all.getLast().asCompleted().response().id();

        for (int last = 0; last < all.size(); last++) {
            assertThat(resumed(id, last)).isEqualTo(all.subList(last + 1, all.size()));
        }
    }

    @Test
    void resumesAStreamThatRuns() {
        List<ResponseStreamEvent> seen = new ArrayList<>();
        String id = "";
        try (var events = client.responses()
                .createStreaming(question("Resume me. [[tokens=60]] [[tps=60]]")
                        .background(true)
                        .build())) {
            var iterator = events.stream().iterator();
            while (seen.size() < 8) {
                seen.add(iterator.next());
            }
            id = seen.getFirst().asCreated().response().id();
        }

        seen.addAll(resumed(id, seen.size() - 1));
        assertThat(seen).isEqualTo(resumed(id, -1));
    }

    @Test
    void cancels() {
        Response accepted = client.responses()
                .create(question("Cancel me." + SLOW).background(true).build());
        await().atMost(ENDED_WITHIN)
                .until(
                        () -> client.responses().retrieve(accepted.id()).status(),
                        status -> status.filter(ResponseStatus.IN_PROGRESS::equals)
                                .isPresent());

        Response cancelled = client.responses().cancel(accepted.id());

        assertThat(cancelled.validate().status()).contains(ResponseStatus.CANCELLED);
        assertThat(client.responses().cancel(accepted.id())).isEqualTo(cancelled);
        ResponseIncompleteEvent last = resumed(accepted.id(), -1).getLast().asIncomplete();
        assertThat(last.response()).isEqualTo(cancelled);
    }

    @Test
    void runsAFunctionOfTheClient() {
        Response asked = client.responses()
                .create(question("What does lookup say?").addTool(lookup()).build());
        ResponseFunctionToolCall call = asked.validate().output().getFirst().asFunctionCall();
        assertThat(call.name()).isEqualTo("lookup");

        Response answer = client.responses()
                .create(ResponseCreateParams.builder()
                        .model("simulator")
                        .previousResponseId(asked.id())
                        .addTool(lookup())
                        .inputOfResponse(List.of(
                                ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder()
                                        .callId(call.callId())
                                        .output("{\"answer\":\"forty-two\"}")
                                        .build())))
                        .build());

        assertThat(answer.validate().previousResponseId()).contains(asked.id());
        assertThat(text(answer)).contains("forty-two");
    }

    @Test
    void streamsAFunctionCall() {
        List<ResponseStreamEvent> events =
                stream(question("Stream what lookup says.").addTool(lookup()));

        var arguments = new StringBuilder();
        events.forEach(event -> event.functionCallArgumentsDelta().ifPresent(delta -> arguments.append(delta.delta())));
        ResponseFunctionToolCall call =
                events.getLast().asCompleted().response().output().getFirst().asFunctionCall();
        assertThat(call.arguments()).isNotBlank().isEqualTo(arguments.toString());
    }

    @Test
    void streamsToolsOfTheServer() {
        List<ResponseStreamEvent> events = stream(question("Search the web for kafka, and what is 3 * 14?")
                .addTool(builtin())
                .addTool(WebSearchTool.builder()
                        .type(WebSearchTool.Type.WEB_SEARCH)
                        .build()));

        Response last = events.getLast().asCompleted().response();
        assertThat(last.validate().output()).anyMatch(item -> item.isWebSearchCall());
        assertThat(last.output()).anyMatch(item -> item.isMcpCall());
        assertThat(text(last)).contains("42");
        assertThat(events).anyMatch(event -> event.isWebSearchCallSearching());
        assertThat(events).anyMatch(event -> event.isMcpCallCompleted());
    }

    @Test
    void continuesAnEarlierResponse() {
        Response first =
                client.responses().create(question("First. [[tokens=4]]").build());
        Response second = client.responses()
                .create(question("Second. [[tokens=4]]")
                        .previousResponseId(first.id())
                        .build());

        assertThat(second.previousResponseId()).contains(first.id());
        assertThat(second.usage().orElseThrow().inputTokens())
                .isGreaterThan(first.usage().orElseThrow().inputTokens());
    }

    @Test
    void listsInputItemsPageByPage() {
        List<ResponseInputItem> input = IntStream.range(0, 5)
                .mapToObj(i -> ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                        .role(i % 2 == 0 ? EasyInputMessage.Role.USER : EasyInputMessage.Role.ASSISTANT)
                        .content("text " + i)
                        .build()))
                .toList();
        Response answer = client.responses()
                .create(ResponseCreateParams.builder()
                        .model("simulator")
                        .inputOfResponse(input)
                        .build());

        var items = client.responses()
                .inputItems()
                .list(InputItemListParams.builder()
                        .responseId(answer.id())
                        .order(InputItemListParams.Order.ASC)
                        .limit(2)
                        .build());

        assertThat(items.autoPager().stream().map(ResponseItem::validate))
                .hasSize(5)
                .first()
                .satisfies(item -> assertThat(item.asResponseInputMessageItem()
                                .content()
                                .getFirst()
                                .asInputText()
                                .text())
                        .isEqualTo("text 0"));
    }

    @Test
    void endsIncompleteAtTheBoundOfTokens() {
        Response answer = client.responses()
                .create(question("Long. [[tokens=200]]").maxOutputTokens(16).build());

        assertThat(answer.validate().status()).contains(ResponseStatus.INCOMPLETE);
        assertThat(answer.incompleteDetails().orElseThrow().reason())
                .contains(Response.IncompleteDetails.Reason.MAX_OUTPUT_TOKENS);
    }

    /** What a caller wants of a model. */
    static final class Person {
        public String name;
        public int age;
    }

    @Test
    void parsesAnAnswerIntoAClass() {
        Person person = person("Ada");

        assertThat(person.name).isEqualTo("Ada");
        assertThat(person.age).isEqualTo(1);
    }

    @Test
    void getsAnAnswerThatWasRepaired() {
        assertThat(person("Ada [[invalid=1]]").age).isEqualTo(1);
    }

    private static Person person(String input) {
        return client
                .responses()
                .create(ResponseCreateParams.builder()
                        .model("simulator")
                        .input(input)
                        .text(Person.class)
                        .build())
                .output()
                .stream()
                .flatMap(item -> item.message().stream())
                .flatMap(message -> message.content().stream())
                .flatMap(part -> part.outputText().stream())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void endsIncompleteWhenTheRepairIsWrongToo() {
        Response answer = client.responses().create(object("Ada [[invalid=2]]").build());

        assertThat(answer.status()).contains(ResponseStatus.INCOMPLETE);
        assertThat(answer.incompleteDetails()
                        .orElseThrow()
                        .reason()
                        .orElseThrow()
                        .asString())
                .isEqualTo("invalid_output");
    }

    @Test
    void streamsTheAnswerThatIsRepairedAndItsRepair() {
        List<ResponseStreamEvent> events = stream(object("Ada [[invalid=1]] [[reasoning=2]]"));

        assertThat(events.stream()
                        .flatMap(event -> event.outputItemDone().stream())
                        .flatMap(event -> event.item().message().stream())
                        .map(message -> message.status().asString()))
                .containsExactly("incomplete", "completed");
        assertThat(text(events.getLast().asCompleted().response()))
                .startsWith("{")
                .endsWith("}");
        String id = events.getLast().asCompleted().response().id();
        assertThat(resumed(id, 5)).isEqualTo(events.subList(6, events.size()));
    }

    private static ResponseCreateParams.Builder object(String input) {
        return question(input)
                .text(ResponseTextConfig.builder()
                        .format(ResponseFormatJsonObject.builder().build())
                        .build());
    }

    @Test
    void streamsARefusal() {
        List<ResponseStreamEvent> events = stream(question("Do it. [[refuse]]"));

        var deltas = new StringBuilder();
        events.forEach(event -> event.refusalDelta().ifPresent(delta -> deltas.append(delta.delta())));
        Response last = events.getLast().asCompleted().response();
        ResponseOutputMessage message = last.validate().output().getFirst().asMessage();
        assertThat(message.content().getFirst().asRefusal().refusal())
                .isEqualTo(deltas.toString())
                .isNotBlank();

        Response next = client.responses()
                .create(question("Then say something.")
                        .previousResponseId(last.id())
                        .build());
        assertThat(next.status()).contains(ResponseStatus.COMPLETED);
    }

    @Test
    void streamsLogProbabilities() {
        List<ResponseStreamEvent> events = stream(question("How sure? [[tokens=6]]")
                .addInclude(ResponseIncludable.MESSAGE_OUTPUT_TEXT_LOGPROBS)
                .topLogprobs(2));

        Response last = events.getLast().asCompleted().response();
        var part = last.validate()
                .output()
                .getFirst()
                .asMessage()
                .content()
                .getFirst()
                .asOutputText();
        var logprobs = part.logprobs().orElseThrow();
        assertThat(logprobs.stream().map(each -> each.token()))
                .hasSize(6)
                .satisfies(tokens -> assertThat(String.join("", tokens)).isEqualTo(part.text()));
        assertThat(logprobs).allSatisfy(each -> {
            assertThat(each.bytes()).isNotEmpty();
            assertThat(each.topLogprobs()).hasSize(2);
        });
        assertThat(events.stream()
                        .flatMap(event -> event.outputTextDelta().stream())
                        .flatMap(delta -> delta.logprobs().stream())
                        .map(each -> each.logprob()))
                .isEqualTo(logprobs.stream().map(each -> each.logprob()).toList());
        assertThat(client.responses().retrieve(last.id())).isEqualTo(last);
    }

    @Test
    void showsImages() {
        Response answer = client.responses()
                .create(ResponseCreateParams.builder()
                        .model("simulator")
                        .inputOfResponse(List.of(ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                                .role(EasyInputMessage.Role.USER)
                                .contentOfResponseInputMessageContentList(List.of(
                                        ResponseInputContent.ofInputText(ResponseInputText.builder()
                                                .text("What is this?")
                                                .build()),
                                        ResponseInputContent.ofInputImage(ResponseInputImage.builder()
                                                .imageUrl("data:image/png;base64,AAAA")
                                                .detail(ResponseInputImage.Detail.LOW)
                                                .build())))
                                .build())))
                        .build());

        assertThat(text(answer)).contains("image/png of 3 bytes, low");
        var items = client.responses().inputItems().list(answer.id());
        assertThat(items.data()
                        .getFirst()
                        .asResponseInputMessageItem()
                        .content()
                        .get(1)
                        .asInputImage()
                        .imageUrl())
                .contains("data:image/png;base64,AAAA");
    }

    @Test
    void namesASchemaThatIsNone() {
        assertThatThrownBy(() -> client.responses()
                        .create(question("x")
                                .text(ResponseTextConfig.builder()
                                        .format(ResponseFormatTextJsonSchemaConfig.builder()
                                                .name("x")
                                                .schema(ResponseFormatTextJsonSchemaConfig.Schema.builder()
                                                        .putAdditionalProperty("type", JsonValue.from("nothing"))
                                                        .build())
                                                .build())
                                        .build())
                                .build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).contains("text.format.schema"));
    }

    @Test
    void failsInTheResponseNotInTheStream() {
        List<ResponseStreamEvent> events = stream(question("Fail. [[fault=badtype]]"));

        Response last = events.getLast().asFailed().response();
        assertThat(last.status()).contains(ResponseStatus.FAILED);
        assertThat(last.error()).isPresent();
    }

    @Test
    void deletes() {
        Response ended =
                client.responses().create(question("Delete me. [[tokens=4]]").build());
        Response running = client.responses()
                .create(question("Delete me." + SLOW).background(true).build());

        for (String id : List.of(ended.id(), running.id())) {
            client.responses().delete(id);
            assertThatThrownBy(() -> client.responses().retrieve(id)).isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> client.responses().delete(id)).isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> client.responses()
                            .create(question("And?").previousResponseId(id).build()))
                    .isInstanceOfSatisfying(
                            BadRequestException.class,
                            e -> assertThat(e.code()).contains("previous_response_not_found"));
        }
    }

    @Test
    void resumesWhatIsNotStoredAndDoesNotGoOnFromIt() {
        List<ResponseStreamEvent> all =
                stream(question("Forget me. [[tokens=6]]").store(false));
        Response last = all.getLast().asCompleted().response();

        assertThat(last._additionalProperties().get("store")).isEqualTo(JsonValue.from(false));
        assertThat(resumed(last.id(), 2)).isEqualTo(all.subList(3, all.size()));
        assertThatThrownBy(() -> client.responses()
                        .create(question("And?").previousResponseId(last.id()).build()))
                .isInstanceOf(BadRequestException.class);
    }

    @Test
    void namesWhatIsWrong() {
        assertThatThrownBy(() ->
                        client.responses().create(question("x").temperature(7.0).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).contains("temperature"));
        assertThatThrownBy(() -> client.responses().retrieve("resp_" + "0".repeat(48)))
                .isInstanceOf(NotFoundException.class);
        OpenAIClient stranger = client.withOptions(options -> options.apiKey("wrong"));
        assertThatThrownBy(() -> stranger.responses().create(question("x").build()))
                .isInstanceOf(UnauthorizedException.class);
    }

    private static ResponseCreateParams.Builder question(String input) {
        return ResponseCreateParams.builder().model("simulator").input(input);
    }

    private static Tool lookup() {
        return Tool.ofFunction(FunctionTool.builder()
                .name("lookup")
                .description("Looks something up")
                .strict(false)
                .parameters(FunctionTool.Parameters.builder()
                        .putAdditionalProperty("type", JsonValue.from("object"))
                        .putAdditionalProperty("properties", JsonValue.from(Map.of("key", Map.of("type", "string"))))
                        .putAdditionalProperty("required", JsonValue.from(List.of("key")))
                        .build())
                .build());
    }

    private static Tool.Mcp builtin() {
        return Tool.Mcp.builder()
                .serverLabel("builtin")
                .allowedToolsOfMcp(List.of("calculator"))
                .requireApproval(Tool.Mcp.RequireApproval.McpToolApprovalSetting.NEVER)
                .build();
    }

    private static List<ResponseStreamEvent> stream(ResponseCreateParams.Builder question) {
        try (var events = client.responses().createStreaming(question.build())) {
            return events.stream().toList();
        }
    }

    /** @param last number of the last event that is there, -1 for none */
    private static List<ResponseStreamEvent> resumed(String id, int last) {
        ResponseRetrieveParams.Builder params = ResponseRetrieveParams.builder().responseId(id);
        if (last >= 0) {
            params.startingAfter(last);
        }
        try (var events = client.responses().retrieveStreaming(params.build())) {
            return events.stream().toList();
        }
    }

    private static Response ended(String id) {
        return await().atMost(ENDED_WITHIN)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> client.responses().retrieve(id),
                        response -> response.status()
                                .filter(status -> Set.of(ResponseStatus.QUEUED, ResponseStatus.IN_PROGRESS)
                                        .contains(status))
                                .isEmpty());
    }

    private static String text(Response response) {
        var text = new StringBuilder();
        response.output()
                .forEach(item -> item.message()
                        .ifPresent(message -> message.content()
                                .forEach(part -> part.outputText().ifPresent(output -> text.append(output.text())))));
        return text.toString();
    }
}
