package io.voiceagent.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.Headers;
import com.openai.errors.BadRequestException;
import com.openai.errors.InvalidWebhookSignatureException;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.conversations.items.ItemDeleteParams;
import com.openai.models.responses.CompactedResponse;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCompactParams;
import com.openai.models.responses.ResponseCompactionItemParam;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.Tool;
import com.openai.models.responses.inputtokens.InputTokenCountParams;
import com.openai.models.webhooks.WebhookVerificationParams;
import io.voiceagent.clients.ApiUnderTest.Access;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code com.openai:openai-java} with what stands beside turns: webhooks, contexts, preferences, approval in a conversation. */
@Timeout(60)
@ExtendWith(ApiUnderTest.class)
class OpenAiJavaBesidesTurnsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static OpenAIClient client;
    private static WebhookInbox inbox;

    @BeforeAll
    static void connect(Access access) {
        client = OpenAIOkHttpClient.builder()
                .baseUrl(access.baseUrl())
                .apiKey(access.apiKey())
                .timeout(Duration.ofSeconds(30))
                .maxRetries(0)
                .build();
        inbox = access.inbox();
    }

    @AfterAll
    static void disconnect() {
        client.close();
    }

    @Test
    void unwrapsAWebhookAndNoOther() {
        String id = create("Tell me. [[tokens=4]]").id();
        WebhookInbox.Delivery delivery = await().atMost(SOON)
                .until(() -> inbox.of(id), Optional::isPresent)
                .orElseThrow();

        var event = client.webhooks()
                .unwrap(webhook(delivery, delivery.body(), WebhookInbox.SECRET))
                .asResponseCompleted();
        assertThat(event.validate().data().id()).isEqualTo(id);

        String forged = delivery.body().replace(id, "resp_" + "0".repeat(48));
        assertThatThrownBy(() -> client.webhooks().unwrap(webhook(delivery, forged, WebhookInbox.SECRET)))
                .isInstanceOf(InvalidWebhookSignatureException.class);
        assertThatThrownBy(() -> client.webhooks().unwrap(webhook(delivery, delivery.body(), "whsec_YW5vdGhlcg==")))
                .isInstanceOf(InvalidWebhookSignatureException.class);
    }

    private static WebhookVerificationParams webhook(WebhookInbox.Delivery delivery, String body, String secret) {
        return WebhookVerificationParams.builder()
                .payload(body)
                .headers(Headers.builder().putAll(delivery.headers()).build())
                .secret(secret)
                .build();
    }

    @Test
    void countsTokensOfAContext() {
        Response first = create("Count me. [[tokens=20]]");
        long alone = count(InputTokenCountParams.builder());
        long after = count(InputTokenCountParams.builder().previousResponseId(first.id()));

        assertThat(alone).isEqualTo(9);
        assertThat(after).isGreaterThan(alone + 20);
    }

    @Test
    void countsTokensOfAConversation() {
        String conversation = client.conversations()
                .create(ConversationCreateParams.builder()
                        .addItem(EasyInputMessage.builder()
                                .role(EasyInputMessage.Role.USER)
                                .content("one two three four five six seven")
                                .build())
                        .build())
                .id();
        long alone = count(InputTokenCountParams.builder());
        long first = count(InputTokenCountParams.builder().conversation(conversation));
        assertThat(first).isEqualTo(alone + 11);

        client.responses()
                .create(ResponseCreateParams.builder()
                        .model("simulator")
                        .conversation(conversation)
                        .input("Count me. [[tokens=20]]")
                        .build());
        assertThat(count(InputTokenCountParams.builder().conversation(conversation)))
                .isGreaterThan(first + 20);
        client.conversations()
                .items()
                .list(conversation)
                .autoPager()
                .forEach(item -> client.conversations()
                        .items()
                        .delete(ItemDeleteParams.builder()
                                .conversationId(conversation)
                                .itemId(item.asMessage().id())
                                .build()));
        assertThat(count(InputTokenCountParams.builder().conversation(conversation)))
                .isEqualTo(alone);
    }

    private static long count(InputTokenCountParams.Builder params) {
        return client.responses()
                .inputTokens()
                .count(params.model("simulator").input("hello world").build())
                .validate()
                .inputTokens();
    }

    @Test
    void goesOnFromACompaction() {
        Response first = create("My name is Ada. [[tokens=20]]");
        CompactedResponse compacted = client.responses()
                .compact(ResponseCompactParams.builder()
                        .model("simulator")
                        .previousResponseId(first.id())
                        .build());
        String sealed = compacted.validate().output().getFirst().asCompaction().encryptedContent();

        Response answer = client.responses().create(after(sealed).build());
        assertThat(answer.status()).contains(ResponseStatus.COMPLETED);
        assertThat(answer.usage().orElseThrow().inputTokens()).isGreaterThan(10);
        String broken = sealed.substring(0, sealed.length() - 4) + "AAAA";
        assertThatThrownBy(() -> client.responses().create(after(broken).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).contains("input[0].encrypted_content"));
    }

    private static ResponseCreateParams.Builder after(String compaction) {
        return ResponseCreateParams.builder()
                .model("simulator")
                .inputOfResponse(List.of(
                        ResponseInputItem.ofCompaction(ResponseCompactionItemParam.builder()
                                .encryptedContent(compaction)
                                .build()),
                        ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                                .role(EasyInputMessage.Role.USER)
                                .content("What is my name? [[tokens=4]]")
                                .build())));
    }

    @Test
    void prefersNotToWaitOrToWait() {
        Response later;
        try (var raw = client.responses()
                .withRawResponse()
                .create(ResponseCreateParams.builder()
                        .model("simulator")
                        .input("Later. [[tokens=5]]")
                        .putAdditionalHeader("Prefer", "respond-async")
                        .build())) {
            assertThat(raw.statusCode()).isEqualTo(202);
            assertThat(raw.headers().values("preference-applied")).containsExactly("respond-async");
            later = raw.parse();
        }
        assertThat(later.status()).contains(ResponseStatus.QUEUED);

        OpenAIClient waiting = client.withOptions(options -> options.putHeader("Prefer", "wait=20"));
        assertThat(waiting.responses().retrieve(later.id()).status()).contains(ResponseStatus.COMPLETED);
        assertThat(waiting.responses()
                        .create(ResponseCreateParams.builder()
                                .model("simulator")
                                .input("Now. [[tokens=5]]")
                                .background(true)
                                .build())
                        .status())
                .contains(ResponseStatus.COMPLETED);
    }

    @Test
    void approvesACallInAConversation() {
        String conversation = client.conversations()
                .create(ConversationCreateParams.builder().build())
                .id();
        Response asked = client.responses()
                .create(guarded(conversation)
                        .input("What is 6 * 7? [[call=calculator {\"expression\":\"6*7\"}]]")
                        .build());
        String request = asked.output().stream()
                .flatMap(item -> item.mcpApprovalRequest().stream())
                .findFirst()
                .orElseThrow()
                .id();

        Response answer = client.responses()
                .create(guarded(conversation)
                        .inputOfResponse(List.of(
                                ResponseInputItem.ofMcpApprovalResponse(ResponseInputItem.McpApprovalResponse.builder()
                                        .approvalRequestId(request)
                                        .approve(true)
                                        .build())))
                        .build());
        assertThat(answer.validate().output().getFirst().asMcpCall().output()).contains("42");
    }

    private static ResponseCreateParams.Builder guarded(String conversation) {
        return ResponseCreateParams.builder()
                .model("simulator")
                .conversation(conversation)
                .addTool(Tool.Mcp.builder()
                        .serverLabel("builtin")
                        .requireApproval(Tool.Mcp.RequireApproval.McpToolApprovalSetting.ALWAYS)
                        .build());
    }

    private static Response create(String input) {
        return client.responses()
                .create(ResponseCreateParams.builder()
                        .model("simulator")
                        .input(input)
                        .build());
    }
}
