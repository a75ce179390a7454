package io.voiceagent.ingress.submit.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.web.FakeCatalogue;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CreateRequestParserTest {
    private static final CreateRequestParser PARSER =
            new CreateRequestParser(FakeCatalogue.of("calculator", "current_time", "web_search"), "m");

    @Test
    void aStringIsAMessageOfTheUser() {
        ResponseSpec spec = parse("{'input':'hello'}").spec();
        assertThat(spec.input()).containsExactly(new Item.Message(Item.Role.USER, "hello"));
        assertThat(spec.model()).isEqualTo("m");
        assertThat(spec.parallelToolCalls()).isTrue();
        assertThat(spec.store()).isTrue();
        assertThat(spec.background()).isFalse();
        assertThat(spec.toolChoice()).isEqualTo(ToolChoice.AUTO);
        assertThat(spec.metadata()).isEmpty();
    }

    @Test
    void everyFieldIsTaken() {
        CreateRequest request = parse("""
                {'model':'gpt-x','input':'hi','instructions':'be brief','stream':true,'background':true,'store':true,
                 'stream_options':{'include_obfuscation':false},
                 'tools':[{'type':'function','name':'f','description':'d','parameters':{'type':'object'},'strict':true},
                          {'type':'mcp','server_label':'builtin','allowed_tools':['calculator'],'require_approval':'never'},
                          {'type':'web_search','search_context_size':'low'}],
                 'tool_choice':{'type':'function','name':'f'},'parallel_tool_calls':false,'metadata':{'b':'1','a':'2'},
                 'max_output_tokens':100,'max_tool_calls':3,'temperature':0.5,'top_p':1,'truncation':'disabled',
                 'text':{'format':{'type':'text'},'verbosity':'medium'},'reasoning':{'effort':'low'},'include':[],
                 'service_tier':'default','safety_identifier':'s','prompt_cache_key':'p','top_logprobs':0,
                 'previous_response_id':'resp_x'}""");
        ResponseSpec spec = request.spec();
        assertThat(request.stream()).isTrue();
        assertThat(spec.background()).isTrue();
        assertThat(spec.model()).isEqualTo("gpt-x");
        assertThat(spec.instructions()).isEqualTo("be brief");
        assertThat(spec.tools()).hasSize(3);
        assertThat(spec.tools().get(1))
                .isEqualTo(new ToolSpec.Mcp("builtin", List.of("calculator"), null, ToolSpec.ApprovalRule.NEVER));
        assertThat(spec.tools().get(2)).isEqualTo(new ToolSpec.WebSearch("low"));
        assertThat(spec.toolChoice()).isEqualTo(new ToolChoice(ToolChoice.Mode.TOOL, "f"));
        assertThat(spec.parallelToolCalls()).isFalse();
        assertThat(spec.metadata().entrySet()).containsExactly(Map.entry("b", "1"), Map.entry("a", "2"));
        assertThat(spec.maxOutputTokens()).isEqualTo(100);
        assertThat(spec.maxToolCalls()).isEqualTo(3);
        assertThat(spec.temperature()).isEqualTo(0.5);
        assertThat(spec.topP()).isEqualTo(1);
        assertThat(spec.reasoning()).isNotNull();
        assertThat(spec.text()).isNotNull();
        assertThat(spec.safetyIdentifier()).isEqualTo("s");
        assertThat(spec.promptCacheKey()).isEqualTo("p");
        assertThat(spec.previousResponseId()).isEqualTo("resp_x");
    }

    @Test
    void aNullIsAnAbsentField() {
        assertThat(parse("""
                {'input':'hello','model':null,'instructions':null,'tools':null,'tool_choice':null,'stream':null,
                 'store':null,'conversation':null,'prompt':null,'metadata':null,'text':null,'reasoning':null,
                 'include':null,'temperature':null,'truncation':null,'service_tier':null}""").spec()).isEqualTo(parse("{'input':'hello'}").spec());
    }

    @Test
    void theItemsOfAnEarlierResponseAreTakenBack() {
        ResponseSpec spec = parse("""
                {'input':[
                  {'role':'developer','content':'be kind'},
                  {'type':'message','role':'user','content':[{'type':'input_text','text':'a'},{'type':'input_text','text':'b'}]},
                  {'type':'reasoning','id':'rs_1','summary':[],'content':[{'type':'reasoning_text','text':'hm'}],'encrypted_content':null},
                  {'type':'function_call','id':'fc_1','call_id':'c1','name':'f','arguments':'{}','status':'completed'},
                  {'type':'function_call_output','call_id':'c1','output':'42'},
                  {'type':'mcp_call','id':'mcp_1','server_label':'builtin','name':'calculator','arguments':'{}','output':'7','error':null,
                   'status':'completed','approval_request_id':null},
                  {'type':'web_search_call','id':'ws_1','status':'completed','action':{'type':'search','query':'q'}},
                  {'type':'message','id':'msg_1','role':'assistant','status':'completed','content':[
                    {'type':'output_text','text':'x','annotations':[],'logprobs':[]},{'type':'output_text','text':'y','annotations':[]}]}]}
                """).spec();
        assertThat(spec.input())
                .containsExactly(
                        new Item.Message(Item.Role.SYSTEM, "be kind"),
                        new Item.Message(Item.Role.USER, "a\nb"),
                        new Item.Reasoning("hm"),
                        new Item.ToolCall("c1", "f", "{}"),
                        new Item.ToolResult("c1", "42", false, "f"),
                        new Item.ToolCall("call_5_echoed", "calculator", "{}"),
                        new Item.ToolResult("call_5_echoed", "7", false, "calculator"),
                        new Item.Message(Item.Role.ASSISTANT, "xy"));
    }

    @Test
    void anOutputMayAnswerACallOfThePreviousResponse() {
        ResponseSpec spec = parse("""
                {'previous_response_id':'resp_x','input':[{'type':'function_call_output','call_id':'c1',
                 'output':[{'type':'input_text','text':'42'}]}]}""").spec();
        assertThat(spec.input()).containsExactly(new Item.ToolResult("c1", "42", false, null));
    }

    private static final String REQUEST_ID = "mcpr_" + "0a".repeat(24) + "0000";

    @Test
    void approvalsAreAnsweredByTheirIds() {
        ResponseSpec spec = parse("""
                {'previous_response_id':'resp_x','input':[
                 {'type':'mcp_approval_request','id':'%1$s','server_label':'builtin','name':'calculator','arguments':'{}'},
                 {'type':'mcp_approval_response','approval_request_id':'%1$s','approve':true,'reason':null},
                 {'type':'mcp_approval_response','approval_request_id':'%2$s','approve':false,'reason':'no'}]}""".formatted(REQUEST_ID, REQUEST_ID.replace("0000", "0001")))
                .spec();
        assertThat(spec.input())
                .containsExactly(
                        new Item.ApprovalAnswer(REQUEST_ID, true, null),
                        new Item.ApprovalAnswer(REQUEST_ID.replace("0000", "0001"), false, "no"));
    }

    @Test
    void theClientSaysWhichCallsWaitForIt() {
        assertThat(rule("'always'")).isEqualTo(ToolSpec.ApprovalRule.ALWAYS);
        assertThat(rule("'never'")).isEqualTo(ToolSpec.ApprovalRule.NEVER);
        assertThat(rule("null")).isNull();
        assertThat(rule("{'always':{'tool_names':['a']},'never':{'tool_names':['b']}}"))
                .isEqualTo(new ToolSpec.ApprovalRule(ToolSpec.ApprovalRule.Mode.BY_NAME, List.of("a"), List.of("b")));
        assertThat(rule("{'never':{'tool_names':[]}}"))
                .isEqualTo(new ToolSpec.ApprovalRule(ToolSpec.ApprovalRule.Mode.BY_NAME, List.of(), List.of()));
    }

    private static ToolSpec.@Nullable ApprovalRule rule(String rule) {
        ResponseSpec spec = parse("{'input':'a','tools':[{'type':'mcp','server_label':'builtin','require_approval':"
                        + rule + "}]}")
                .spec();
        return ((ToolSpec.Mcp) spec.tools().getFirst()).requireApproval();
    }

    private static Arguments approval(String rule, Code code, String where) {
        return arguments(
                "{'type':'mcp','server_label':'builtin','require_approval':" + rule + "}",
                "",
                code,
                "tools[0].require_approval" + where);
    }

    private static Arguments approvalAnswer(String fields, Code code, String param) {
        return arguments("{'type':'mcp_approval_response'" + fields + "}", code, param);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                // The body itself
                arguments("", Code.INVALID_JSON, null),
                arguments("{", Code.INVALID_JSON, null),
                arguments("{'input':'a'} x", Code.INVALID_JSON, null),
                arguments("{'input':'a','input':'b'}", Code.INVALID_JSON, null),
                arguments("{'input':NaN}", Code.INVALID_JSON, null),
                arguments("{'input':'\\u0000'}", Code.INVALID_JSON, null),
                arguments("{'input':'\\ud800'}", Code.INVALID_JSON, null),
                arguments("{'input':'\\udc00\\ud800'}", Code.INVALID_JSON, null),
                arguments("{'input':'a','temperature':1e999}", Code.INVALID_JSON, null),
                arguments("{'input':" + "[".repeat(100) + "]".repeat(100) + "}", Code.INVALID_JSON, null),
                arguments("{'input':[" + "0,".repeat(250_000) + "0]}", Code.INVALID_JSON, null),
                arguments("[]", Code.INVALID_TYPE, null),
                arguments("'text'", Code.INVALID_TYPE, null),
                arguments("null", Code.INVALID_TYPE, null),
                // Unknown, unsupported, missing
                arguments("{'input':'a','max_tokens':1}", Code.UNKNOWN_PARAMETER, "max_tokens"),
                arguments("{'input':'a','zzz':null}", Code.UNKNOWN_PARAMETER, "zzz"),
                arguments("{'input':'a','conversation':7}", Code.INVALID_TYPE, "conversation"),
                arguments("{'input':'a','conversation':{}}", Code.MISSING_REQUIRED_PARAMETER, "conversation.id"),
                arguments("{'input':'a','conversation':{'id':''}}", Code.INVALID_VALUE, "conversation.id"),
                arguments("{'input':'a','conversation':{'id':'c','x':1}}", Code.UNKNOWN_PARAMETER, "conversation.x"),
                arguments(
                        "{'input':'a','conversation':'c','previous_response_id':'r'}",
                        Code.INVALID_VALUE,
                        "conversation"),
                arguments(
                        "{'input':'a','conversation_concurrency':'reject'}",
                        Code.INVALID_VALUE,
                        "conversation_concurrency"),
                arguments(
                        "{'input':'a','conversation':'c','conversation_concurrency':'parallel'}",
                        Code.INVALID_VALUE,
                        "conversation_concurrency"),
                arguments("{'input':'a','prompt':{'id':'p'}}", Code.UNSUPPORTED_PARAMETER, "prompt"),
                arguments("{'input':'a','context_management':[]}", Code.UNSUPPORTED_PARAMETER, "context_management"),
                arguments("{'model':'m'}", Code.MISSING_REQUIRED_PARAMETER, "input"),
                arguments("{'input':null}", Code.MISSING_REQUIRED_PARAMETER, "input"),
                // Types
                arguments("{'input':1}", Code.INVALID_TYPE, "input"),
                arguments("{'input':'a','model':1}", Code.INVALID_TYPE, "model"),
                arguments("{'input':'a','stream':'yes'}", Code.INVALID_TYPE, "stream"),
                arguments("{'input':'a','background':1}", Code.INVALID_TYPE, "background"),
                arguments("{'input':'a','temperature':'1'}", Code.INVALID_TYPE, "temperature"),
                arguments("{'input':'a','max_output_tokens':1.5}", Code.INVALID_TYPE, "max_output_tokens"),
                arguments("{'input':'a','metadata':[]}", Code.INVALID_TYPE, "metadata"),
                arguments("{'input':'a','metadata':{'k':1}}", Code.INVALID_TYPE, "metadata.k"),
                arguments("{'input':'a','tools':{}}", Code.INVALID_TYPE, "tools"),
                arguments("{'input':'a','tools':[1]}", Code.INVALID_TYPE, "tools[0]"),
                arguments("{'input':'a','instructions':[]}", Code.INVALID_TYPE, "instructions"),
                arguments("{'input':'a','text':'t'}", Code.INVALID_TYPE, "text"),
                arguments("{'input':'a','include':'x'}", Code.INVALID_TYPE, "include"),
                arguments("{'input':'a','previous_response_id':1}", Code.INVALID_TYPE, "previous_response_id"),
                // Values
                arguments("{'input':''}", Code.INVALID_VALUE, "input"),
                arguments("{'input':[]}", Code.INVALID_VALUE, "input"),
                arguments("{'input':'a','model':''}", Code.INVALID_VALUE, "model"),
                arguments("{'input':'a','temperature':2.1}", Code.INVALID_VALUE, "temperature"),
                arguments("{'input':'a','top_p':-0.1}", Code.INVALID_VALUE, "top_p"),
                arguments("{'input':'a','max_output_tokens':0}", Code.INVALID_VALUE, "max_output_tokens"),
                arguments("{'input':'a','max_output_tokens':9999999999}", Code.INVALID_VALUE, "max_output_tokens"),
                arguments("{'input':'a','max_tool_calls':-1}", Code.INVALID_VALUE, "max_tool_calls"),
                arguments("{'input':'a','truncation':'none'}", Code.INVALID_VALUE, "truncation"),
                arguments("{'input':'a','reasoning':{'effort':'huge'}}", Code.INVALID_VALUE, "reasoning.effort"),
                arguments("{'input':'a','stream_options':{}}", Code.INVALID_VALUE, "stream_options"),
                arguments("{'input':'a','metadata':{'':'v'}}", Code.INVALID_VALUE, "metadata"),
                arguments("{'input':'a','text':{'verbosity':'chatty'}}", Code.INVALID_VALUE, "text.verbosity"),
                arguments(format("'type':'json_object','name':'n'"), Code.UNKNOWN_PARAMETER, "text.format.name"),
                arguments(format("'schema':{}"), Code.MISSING_REQUIRED_PARAMETER, "text.format.type"),
                arguments(
                        format("'type':'json_schema','schema':{}"),
                        Code.MISSING_REQUIRED_PARAMETER,
                        "text.format.name"),
                arguments(
                        format("'type':'json_schema','name':'a b','schema':{}"),
                        Code.INVALID_VALUE,
                        "text.format.name"),
                arguments(
                        format("'type':'json_schema','name':'n'"),
                        Code.MISSING_REQUIRED_PARAMETER,
                        "text.format.schema"),
                arguments(
                        format("'type':'json_schema','name':'n','schema':[]"), Code.INVALID_TYPE, "text.format.schema"),
                arguments(
                        format("'type':'json_schema','name':'n','strict':1,'schema':{}"),
                        Code.INVALID_TYPE,
                        "text.format.strict"),
                arguments(schema("{'type':'thing'}"), Code.INVALID_VALUE, "text.format.schema"),
                arguments(schema("{'$ref':'http://169.254.169.254/'}"), Code.INVALID_VALUE, "text.format.schema"),
                arguments(schema("{'properties':{'a':{'pattern':'('}}}"), Code.INVALID_VALUE, "text.format.schema"),
                // Parts of the dialect that are not here
                arguments("{'input':'a','service_tier':'scale'}", Code.UNSUPPORTED_VALUE, "service_tier"),
                arguments("{'input':'a','include':['x']}", Code.UNSUPPORTED_VALUE, "include[0]"),
                arguments(
                        "{'input':'a','include':['reasoning.encrypted_content']}",
                        Code.UNSUPPORTED_VALUE,
                        "include[0]"),
                arguments("{'input':'a','top_logprobs':21}", Code.INVALID_VALUE, "top_logprobs"),
                arguments("{'input':'a','top_logprobs':1.5}", Code.INVALID_TYPE, "top_logprobs"),
                arguments("{'input':'a','presence_penalty':1}", Code.UNSUPPORTED_VALUE, "presence_penalty"),
                arguments(
                        "{'input':'a','text':{'format':{'type':'grammar'}}}",
                        Code.UNSUPPORTED_VALUE,
                        "text.format.type"),
                arguments("{'input':'a','reasoning':{'summary':'auto'}}", Code.UNSUPPORTED_VALUE, "reasoning.summary"),
                arguments(
                        "{'input':'a','stream':true,'stream_options':{'include_obfuscation':true}}",
                        Code.UNSUPPORTED_VALUE,
                        "stream_options.include_obfuscation"));
    }

    private static String format(String fields) {
        return "{'input':'a','text':{'format':{" + fields + "}}}";
    }

    private static String schema(String schema) {
        return format("'type':'json_schema','name':'n','schema':" + schema);
    }

    private static String image(String fields) {
        return "{'role':'user','content':[{'type':'input_text','text':'a'},{'type':'input_image'," + fields + "}]}";
    }

    private static final String IMAGE = "input[0].content[1].image_url";

    static Stream<Arguments> refusedImages() {
        return Stream.of(
                arguments(image("'detail':'low'"), Code.MISSING_REQUIRED_PARAMETER, IMAGE),
                arguments(image("'image_url':{'url':'https://example.com/a.png'}"), Code.INVALID_TYPE, IMAGE),
                arguments(image("'image_url':''"), Code.INVALID_VALUE, IMAGE),
                arguments(image("'image_url':'u'"), Code.INVALID_VALUE, IMAGE),
                arguments(image("'image_url':'http://example.com/a.png'"), Code.INVALID_VALUE, IMAGE),
                arguments(image("'image_url':'file:///etc/passwd'"), Code.INVALID_VALUE, IMAGE),
                arguments(image("'image_url':'https:///a.png'"), Code.INVALID_VALUE, IMAGE),
                arguments(image("'image_url':'https://me:secret@example.com/a.png'"), Code.INVALID_VALUE, IMAGE),
                arguments(
                        image("'image_url':'https://example.com/" + "a".repeat(8_192) + "'"),
                        Code.INVALID_VALUE,
                        IMAGE),
                arguments(image("'image_url':'data:text/html;base64,AAAA'"), Code.INVALID_VALUE, IMAGE),
                arguments(image("'image_url':'data:image/png;base64,'"), Code.INVALID_VALUE, IMAGE),
                arguments(image("'image_url':'data:image/png;base64,?'"), Code.INVALID_VALUE, IMAGE),
                arguments(image("'image_url':'data:image/png,AAAA'"), Code.INVALID_VALUE, IMAGE),
                arguments(
                        image("'image_url':'data:image/png;base64," + "A".repeat(3_000_000) + "'"),
                        Code.INVALID_VALUE,
                        IMAGE),
                arguments(image("'file_id':'file_1'"), Code.UNSUPPORTED_PARAMETER, "input[0].content[1].file_id"),
                arguments(
                        image("'image_url':'https://example.com/a.png','detail':'huge'"),
                        Code.INVALID_VALUE,
                        "input[0].content[1].detail"),
                arguments(
                        "{'role':'assistant','content':[{'type':'input_image','image_url':'https://example.com/a'}]}",
                        Code.UNSUPPORTED_VALUE,
                        "input[0].content[0].type"),
                arguments(
                        "{'role':'user','content':["
                                + "{'type':'input_image','image_url':'https://example.com/a'},".repeat(50)
                                + "{'type':'input_image','image_url':'https://example.com/a'}]}",
                        Code.INVALID_VALUE,
                        "input[0].content[50].type"));
    }

    @ParameterizedTest
    @MethodSource("refusedImages")
    void anImageThatIsNoneIsRefused(String item, Code code, String param) {
        assertRefused(PARSER, "{'input':[" + item + "]}", code, param);
    }

    @Test
    void imagesStandWhereTheyStood() {
        ResponseSpec spec = parse("""
                {'input':[{'role':'user','content':[{'type':'input_text','text':'What is'},
                  {'type':'input_image','image_url':'data:image/png;base64,AAAA','detail':'low'},
                  {'type':'input_text','text':'this?'},
                  {'type':'input_image','image_url':'https://example.com/a%20b.png?c=1&d#e'}]}]}""").spec();
        assertThat(spec.input())
                .containsExactly(new Item.Message(
                        Item.Role.USER,
                        "What is\nthis?",
                        List.of(
                                new Item.Content.Text("What is"),
                                new Item.Content.Image("data:image/png;base64,AAAA", "low"),
                                new Item.Content.Text("this?"),
                                new Item.Content.Image("https://example.com/a%20b.png?c=1&d#e", "auto"))));
    }

    @Test
    void aRefusalThatIsEchoedStaysOne() {
        ResponseSpec spec = parse("""
                {'input':[{'role':'user','content':'do it'},{'role':'assistant','content':[{'type':'refusal','refusal':'no'}]},
                  {'role':'user','content':'please'}]}""").spec();
        assertThat(spec.input().get(1))
                .isEqualTo(new Item.Message(Item.Role.ASSISTANT, "no", List.of(new Item.Content.Refusal("no"))));
    }

    @Test
    void logProbabilitiesAreAskedForByEitherField() {
        assertThat(parse("{'input':'a'}").spec().topLogprobs()).isNull();
        assertThat(parse("{'input':'a','top_logprobs':0}").spec().topLogprobs()).isNull();
        assertThat(parse("{'input':'a','top_logprobs':3}").spec().topLogprobs()).isEqualTo(3);
        assertThat(parse("{'input':'a','include':['message.output_text.logprobs']}")
                        .spec()
                        .topLogprobs())
                .isZero();
        assertThat(parse("{'input':'a','include':['message.output_text.logprobs'],'top_logprobs':20}")
                        .spec()
                        .topLogprobs())
                .isEqualTo(20);
    }

    @Test
    void whatTheModelIsAskedForIsTaken() {
        ResponseSpec spec = parse("""
                {'input':'a','truncation':'auto','service_tier':'flex','include':['web_search_call.action.sources',
                 'message.input_image.image_url'],'text':{'verbosity':'low','format':{'type':'json_schema','name':'n',
                 'description':'d','strict':true,'schema':{'$schema':'http://json-schema.org/draft-07/schema#',
                 'type':'object','properties':{'a':{'type':'string','format':'email'}},'required':['a'],
                 'additionalProperties':false}}}}""").spec();
        assertThat(spec.truncation()).isEqualTo(ResponseSpec.Truncation.AUTO);
        assertThat(spec.serviceTier()).isEqualTo("flex");
        assertThat(spec.text().at("/format/schema/required/0").stringValue()).isEqualTo("a");
        assertThat(parse("{'input':'a','service_tier':'auto','truncation':'disabled'}")
                        .spec())
                .isEqualTo(parse("{'input':'a'}").spec());
    }

    static Stream<Arguments> refusedItems() {
        return Stream.of(
                arguments("1", Code.INVALID_TYPE, "input[0]"),
                arguments("{}", Code.MISSING_REQUIRED_PARAMETER, "input[0].type"),
                arguments("{'type':'zzz'}", Code.INVALID_VALUE, "input[0].type"),
                arguments("{'type':'item_reference','id':'msg_1'}", Code.UNSUPPORTED_VALUE, "input[0].type"),
                arguments("{'type':'file_search_call'}", Code.UNSUPPORTED_VALUE, "input[0].type"),
                approvalAnswer("", Code.MISSING_REQUIRED_PARAMETER, "input[0].approval_request_id"),
                approvalAnswer(
                        ",'approval_request_id':'x','approve':true",
                        Code.APPROVAL_NOT_FOUND,
                        "input[0].approval_request_id"),
                approvalAnswer(
                        ",'approval_request_id':'" + REQUEST_ID + "','approve':true",
                        Code.MISSING_REQUIRED_PARAMETER,
                        "previous_response_id"),
                arguments(
                        "{'type':'mcp_approval_request','server_label':'s','arguments':'{}'}",
                        Code.MISSING_REQUIRED_PARAMETER,
                        "input[0].name"),
                arguments("{'type':'message','content':'a'}", Code.MISSING_REQUIRED_PARAMETER, "input[0].role"),
                arguments("{'role':'robot','content':'a'}", Code.INVALID_VALUE, "input[0].role"),
                arguments("{'role':'user'}", Code.MISSING_REQUIRED_PARAMETER, "input[0].content"),
                arguments("{'role':'user','content':''}", Code.INVALID_VALUE, "input[0].content"),
                arguments("{'role':'user','content':1}", Code.INVALID_TYPE, "input[0].content"),
                arguments("{'role':'user','content':'a','zzz':1}", Code.UNKNOWN_PARAMETER, "input[0].zzz"),
                arguments(
                        "{'role':'user','content':[{}]}", Code.MISSING_REQUIRED_PARAMETER, "input[0].content[0].type"),
                arguments(
                        "{'role':'user','content':[{'type':'input_file','file_id':'f'}]}",
                        Code.UNSUPPORTED_VALUE,
                        "input[0].content[0].type"),
                arguments(
                        "{'role':'user','content':[{'type':'input_text','text':1}]}",
                        Code.INVALID_TYPE,
                        "input[0].content[0].text"),
                arguments(
                        "{'role':'user','content':[{'type':'input_text','text':'a','zzz':1}]}",
                        Code.UNKNOWN_PARAMETER,
                        "input[0].content[0].zzz"),
                arguments(
                        "{'type':'function_call','call_id':'c','name':'f','arguments':'{}'}",
                        Code.INVALID_VALUE,
                        "input"),
                arguments(
                        "{'type':'function_call_output','call_id':'c','output':'x'}",
                        Code.INVALID_VALUE,
                        "input[0].call_id"),
                arguments(
                        "{'type':'function_call','call_id':'c','name':'a b','arguments':'{}'}",
                        Code.INVALID_VALUE,
                        "input[0].name"),
                arguments(
                        "{'type':'reasoning','summary':[],'encrypted_content':'x'}",
                        Code.UNSUPPORTED_VALUE,
                        "input[0].encrypted_content"),
                arguments("{'type':'web_search_call','status':'completed','action':{}}", Code.INVALID_VALUE, "input"));
    }

    static Stream<Arguments> refusedTools() {
        String two = "{'type':'function','name':'f'},{'type':'function','name':'f'}";
        return Stream.of(
                arguments("{}", "", Code.MISSING_REQUIRED_PARAMETER, "tools[0].type"),
                arguments("{'type':'zzz'}", "", Code.INVALID_VALUE, "tools[0].type"),
                arguments("{'type':'file_search'}", "", Code.UNSUPPORTED_VALUE, "tools[0].type"),
                arguments("{'type':'function'}", "", Code.MISSING_REQUIRED_PARAMETER, "tools[0].name"),
                arguments("{'type':'function','name':'a.b'}", "", Code.INVALID_VALUE, "tools[0].name"),
                arguments(
                        "{'type':'function','name':'f','parameters':'{}'}",
                        "",
                        Code.INVALID_TYPE,
                        "tools[0].parameters"),
                arguments("{'type':'function','name':'f','zzz':1}", "", Code.UNKNOWN_PARAMETER, "tools[0].zzz"),
                arguments(two, "", Code.INVALID_VALUE, "tools[1].name"),
                arguments(
                        "{'type':'function','name':'calculator'},{'type':'mcp','server_label':'builtin'}",
                        "",
                        Code.INVALID_VALUE,
                        "tools[1].server_label"),
                arguments(
                        "{'type':'mcp','server_label':'builtin','allowed_tools':['calculator']},{'type':'function','name':'calculator'}",
                        "",
                        Code.INVALID_VALUE,
                        "tools[1].name"),
                arguments("{'type':'mcp','server_label':'x'}", "", Code.TOOL_NOT_AVAILABLE, "tools[0].server_label"),
                arguments(
                        "{'type':'mcp','server_label':'builtin','allowed_tools':['zzz']}",
                        "",
                        Code.TOOL_NOT_AVAILABLE,
                        "tools[0].allowed_tools[0]"),
                arguments(
                        "{'type':'mcp','server_label':'builtin','allowed_tools':[]}",
                        "",
                        Code.INVALID_VALUE,
                        "tools[0].allowed_tools"),
                arguments(
                        "{'type':'mcp','server_label':'builtin','server_url':'http://x'}",
                        "",
                        Code.UNSUPPORTED_PARAMETER,
                        "tools[0].server_url"),
                approval("'sometimes'", Code.INVALID_VALUE, ""),
                approval("1", Code.INVALID_TYPE, ""),
                approval("{}", Code.INVALID_VALUE, ""),
                approval("{'always':{}}", Code.MISSING_REQUIRED_PARAMETER, ".always.tool_names"),
                approval("{'always':{'read_only':true}}", Code.UNSUPPORTED_PARAMETER, ".always.read_only"),
                approval("{'always':{'tool_names':[1]}}", Code.INVALID_TYPE, ".always.tool_names[0]"),
                approval("{'always':{'tool_names':['a']},'never':{'tool_names':['a']}}", Code.INVALID_VALUE, ".never"),
                arguments("{'type':'web_search','filters':{}}", "", Code.UNSUPPORTED_PARAMETER, "tools[0].filters"),
                arguments("", "'maybe'", Code.INVALID_VALUE, "tool_choice"),
                arguments("", "1", Code.INVALID_TYPE, "tool_choice"),
                arguments("", "'required'", Code.INVALID_VALUE, "tool_choice"),
                arguments("", "{'type':'function','name':'f'}", Code.INVALID_VALUE, "tool_choice"),
                arguments("", "{'type':'web_search'}", Code.INVALID_VALUE, "tool_choice"),
                arguments("", "{'type':'allowed_tools','mode':'auto'}", Code.UNSUPPORTED_VALUE, "tool_choice.type"),
                arguments(
                        "{'type':'mcp','server_label':'builtin'}",
                        "{'type':'mcp','server_label':'builtin'}",
                        Code.UNSUPPORTED_VALUE,
                        "tool_choice.name"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refuses(String body, Code code, String param) {
        assertRefused(PARSER, body, code, param);
    }

    @ParameterizedTest
    @MethodSource("refusedItems")
    void refusesItem(String item, Code code, String param) {
        assertRefused(PARSER, "{'input':[" + item + "]}", code, param);
    }

    @ParameterizedTest
    @MethodSource("refusedTools")
    void refusesTools(String tools, String choice, Code code, String param) {
        String more = choice.isEmpty() ? "" : ",'tool_choice':" + choice;
        assertRefused(PARSER, "{'input':'a','tools':[" + tools + "]" + more + "}", code, param);
    }

    @Test
    void aToolThatNobodyDescribedIsRefused() {
        var withoutSearch = new CreateRequestParser(FakeCatalogue.of("calculator"), "m");
        assertRefused(
                withoutSearch,
                "{'input':'a','tools':[{'type':'web_search'}]}",
                Code.TOOL_NOT_AVAILABLE,
                "tools[0].type");
    }

    @Test
    void withoutADefaultTheModelMustBeNamed() {
        var withoutModel = new CreateRequestParser(FakeCatalogue.of(), null);
        assertRefused(withoutModel, "{'input':'a'}", Code.MISSING_REQUIRED_PARAMETER, "model");
        assertThat(withoutModel.parse(bytes("{'input':'a','model':'x'}")).spec().model())
                .isEqualTo("x");
    }

    @Test
    void everyLimitHoldsAtItsEdge() {
        String longest = "v".repeat(Limits.METADATA_VALUE_CHARS);
        assertThat(parse("{'input':'a','metadata':{'k':'" + longest + "'}}")
                        .spec()
                        .metadata())
                .containsEntry("k", longest);
        assertRefused(PARSER, "{'input':'a','metadata':{'k':'" + longest + "v'}}", Code.INVALID_VALUE, "metadata.k");
        String key = "k".repeat(Limits.METADATA_KEY_CHARS);
        assertThat(parse("{'input':'a','metadata':{'" + key + "':'v'}}").spec().metadata())
                .containsKey(key);
        assertRefused(PARSER, "{'input':'a','metadata':{'" + key + "k':'v'}}", Code.INVALID_VALUE, "metadata");
        assertThat(parse(pairs(16)).spec().metadata()).hasSize(16);
        assertRefused(PARSER, pairs(17), Code.INVALID_VALUE, "metadata");
        assertThat(parse(tools(Limits.TOOLS)).spec().tools()).hasSize(Limits.TOOLS);
        assertRefused(PARSER, tools(Limits.TOOLS + 1), Code.INVALID_VALUE, "tools");
        assertThat(parse(items(Limits.INPUT_ITEMS)).spec().input()).hasSize(Limits.INPUT_ITEMS);
        assertRefused(PARSER, items(Limits.INPUT_ITEMS + 1), Code.INVALID_VALUE, "input");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00e9", "\ud83d\ude00", "\u2028", "\t\n"})
    void anyOtherCharacterIsTaken(String text) {
        String body = "{\"input\":\"" + text.replace("\t", "\\t").replace("\n", "\\n") + "\"}";
        assertThat(PARSER.parse(body.getBytes(StandardCharsets.UTF_8)).spec().input())
                .containsExactly(new Item.Message(Item.Role.USER, text));
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        byte[] latin1 = "{\"input\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> PARSER.parse(latin1))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.code()).isEqualTo(Code.INVALID_JSON));
        byte[] utf16 = "{\"input\":\"a\"}".getBytes(StandardCharsets.UTF_16);
        assertThatThrownBy(() -> PARSER.parse(utf16))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.code()).isEqualTo(Code.INVALID_JSON));
    }

    private static String pairs(int count) {
        return "{'input':'a','metadata':{"
                + String.join(
                        ",",
                        IntStream.range(0, count)
                                .mapToObj(i -> "'k" + i + "':'v'")
                                .toList()) + "}}";
    }

    private static String tools(int count) {
        return "{'input':'a','tools':["
                + String.join(
                        ",",
                        IntStream.range(0, count)
                                .mapToObj(i -> "{'type':'function','name':'f" + i + "'}")
                                .toList())
                + "]}";
    }

    private static String items(int count) {
        return "{'input':["
                + String.join(
                        ",",
                        IntStream.range(0, count)
                                .mapToObj(i -> "{'role':'user','content':'a'}")
                                .toList())
                + "]}";
    }

    private static CreateRequest parse(String body) {
        return PARSER.parse(bytes(body));
    }

    /** Single quotes are easier to read in Java. */
    private static byte[] bytes(String body) {
        return body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private static void assertRefused(CreateRequestParser parser, String body, Code code, String param) {
        assertThatThrownBy(() -> parser.parse(bytes(body))).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.code()).isEqualTo(code);
            assertThat(refusal.param()).isEqualTo(param);
            assertThat(refusal.message()).isNotBlank();
        });
    }
}
