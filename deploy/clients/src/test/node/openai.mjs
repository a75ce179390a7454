// npm openai, as its users use it.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { all, apiKey, baseURL, delivered, ended, run, test } from './cases.mjs';

const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 30_000 });
const model = 'simulator';
const lookup = {
  type: 'function',
  name: 'lookup',
  description: 'Looks something up',
  strict: false,
  parameters: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] },
};
const retrieve = (id) => client.responses.retrieve(id);

test('creates and waits', async () => {
  const answer = await client.responses.create({ model, input: 'Say something. [[tokens=6]]' });
  assert.equal(answer.status, 'completed');
  assert.notEqual(answer.output_text, '');
});

test('polls what runs in the background', async () => {
  const accepted = await client.responses.create({ model, input: 'Poll. [[tokens=5]]', background: true });
  assert.equal(accepted.status, 'queued');
  assert.equal((await ended(retrieve, accepted.id)).status, 'completed');
});

test('holds a conversation', async () => {
  const conversation = await client.conversations.create({
    metadata: { topic: 'test' },
    items: [{ type: 'message', role: 'user', content: 'My name is Ada.' }],
  });
  assert.equal(conversation.object, 'conversation');
  const id = conversation.id;
  const answer = await client.responses.create({ model, input: 'Who am I? [[tokens=5]]', conversation: id });
  assert.deepEqual(answer.conversation, { id });
  const slow = await client.responses.create({
    model, input: 'Slowly. [[tokens=200]] [[tps=40]]', conversation: { id }, background: true,
  });
  await assert.rejects(
    client.responses.create({ model, input: 'No.', conversation: id, conversation_concurrency: 'reject' }),
    (error) => error.status === 400 && error.code === 'conversation_locked',
  );
  const next = await client.responses
    .stream({ model, input: 'Stop. [[tokens=5]]', conversation: id, conversation_concurrency: 'interrupt' })
    .finalResponse();
  assert.equal(next.status, 'completed');
  assert.equal((await retrieve(slow.id)).status, 'cancelled');

  const added = await client.conversations.items.create(id, {
    items: [{ type: 'message', role: 'user', content: 'I live in Oslo.' }],
  });
  const items = await all(client.conversations.items.list(id, { order: 'asc', limit: 2 }));
  assert.deepEqual(items.at(-1), added.data[0]);
  assert.equal(items[0].content[0].text, 'My name is Ada.');
  assert.deepEqual(
    await client.conversations.items.retrieve(added.data[0].id, { conversation_id: id }), added.data[0],
  );
  await client.conversations.items.delete(added.data[0].id, { conversation_id: id });
  await assert.rejects(
    client.conversations.items.retrieve(added.data[0].id, { conversation_id: id }), OpenAI.NotFoundError,
  );
  assert.equal((await all(client.conversations.items.list(id))).length, items.length - 1);
  for await (const item of client.conversations.items.list(id, { limit: 1 })) {
    await client.conversations.items.delete(item.id, { conversation_id: id });
  }
  assert.deepEqual(await all(client.conversations.items.list(id)), []);
  assert.deepEqual((await client.conversations.update(id, { metadata: { topic: 'done' } })).metadata, { topic: 'done' });
  assert.equal((await client.conversations.delete(id)).deleted, true);
  await assert.rejects(client.conversations.retrieve(id), OpenAI.NotFoundError);
});

test('streams', async () => {
  const events = await all(await client.responses.create({ model, input: 'Stream. [[tokens=9]]', stream: true }));
  const text = events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta).join('');
  const last = events.at(-1);
  assert.equal(last.type, 'response.completed');
  assert.equal(last.response.output[0].content[0].text, text);
});

test('streams with the helper', async () => {
  let deltas = '';
  const stream = client.responses
    .stream({ model, input: 'Helper. [[tokens=9]] [[reasoning=3]]' })
    .on('response.output_text.delta', (event) => { deltas = event.snapshot; });
  const final = await stream.finalResponse();
  assert.equal(final.status, 'completed');
  assert.equal(final.output_text, deltas);
});

test('resumes after each event, raw and with the helper', async () => {
  const events = await all(
    await client.responses.create({ model, input: 'Resume. [[tokens=8]]', background: true, stream: true }),
  );
  const id = events[0].response.id;
  for (let last = 0; last < events.length; last++) {
    const rest = events.slice(last + 1);
    assert.deepEqual(await all(await client.responses.retrieve(id, { stream: true, starting_after: last })), rest);
    const helped = await all(client.responses.stream({ response_id: id, starting_after: last }));
    assert.deepEqual(helped.map((e) => e.sequence_number), rest.map((e) => e.sequence_number));
  }
});

test('resumes a stream that runs', async () => {
  const stream = await client.responses.create({
    model, input: 'Resume me. [[tokens=60]] [[tps=60]]', background: true, stream: true,
  });
  const seen = [];
  for await (const event of stream) {
    seen.push(event);
    if (seen.length === 8) break;
  }
  const id = seen[0].response.id;
  seen.push(...(await all(await client.responses.retrieve(id, { stream: true, starting_after: 7 }))));
  assert.deepEqual(seen, await all(await client.responses.retrieve(id, { stream: true })));
});

test('cancels', async () => {
  const { id } = await client.responses.create({
    model, input: 'Cancel me. [[tokens=400]] [[tps=40]]', background: true,
  });
  const cancelled = await client.responses.cancel(id);
  assert.equal(cancelled.status, 'cancelled');
  assert.deepEqual((await retrieve(id)).output, cancelled.output);
});

test('runs a function of the client', async () => {
  const asked = await client.responses.create({ model, input: 'What does lookup say?', tools: [lookup] });
  const call = asked.output.find((item) => item.type === 'function_call');
  assert.equal(call.name, 'lookup');
  const answer = await client.responses.create({
    model,
    tools: [lookup],
    previous_response_id: asked.id,
    input: [{ type: 'function_call_output', call_id: call.call_id, output: 'forty-two' }],
  });
  assert.match(answer.output_text, /forty-two/);
});

test('echoes a whole output as input', async () => {
  const input = [{ role: 'user', content: 'What does lookup say? [[reasoning=3]]' }];
  const asked = await client.responses.create({ model, input, tools: [lookup] });
  const call = asked.output.find((item) => item.type === 'function_call');
  input.push(...asked.output, { type: 'function_call_output', call_id: call.call_id, output: 'forty-two' });
  assert.match((await client.responses.create({ model, input, tools: [lookup] })).output_text, /forty-two/);
});

test('lists input items', async () => {
  const answer = await client.responses.create({
    model,
    input: [{ role: 'user', content: 'one' }, { role: 'assistant', content: 'two' }, { role: 'user', content: 'three' }],
  });
  const items = await all(client.responses.inputItems.list(answer.id, { limit: 2, order: 'asc' }));
  assert.deepEqual(items.map((item) => item.content[0].text), ['one', 'two', 'three']);
});

test('uses tools of the server', async () => {
  const final = await client.responses
    .stream({
      model,
      input: 'Search the web for kafka, and what is 3 * 14?',
      tools: [
        { type: 'web_search' },
        { type: 'mcp', server_label: 'builtin', allowed_tools: ['calculator'], require_approval: 'never' },
      ],
    })
    .finalResponse();
  assert.deepEqual(final.output.map((item) => item.type).sort(), ['mcp_call', 'message', 'web_search_call']);
  assert.match(final.output_text, /42/);
});

const Person = z.object({ name: z.string(), age: z.number().int() });
const person = { format: zodTextFormat(Person, 'person') };

test('parses an answer by its schema', async () => {
  const answer = await client.responses.parse({ model, input: 'Ada', text: person });
  assert.deepEqual(answer.output_parsed, { name: 'Ada', age: 1 });
});

test('parses a streamed answer that was repaired', async () => {
  const stream = client.responses.stream({ model, input: 'Ada [[invalid=1]]', text: person });
  const ended = [];
  stream.on('response.output_item.done', (event) => ended.push(event.item.status));
  const final = await stream.finalResponse();
  assert.deepEqual(ended, ['incomplete', 'completed']);
  assert.equal(final.output_parsed.age, 1);
});

test('tells that the repair is wrong too', async () => {
  const answer = await client.responses.create({ model, input: 'Ada [[invalid=2]]', text: person });
  assert.equal(answer.status, 'incomplete');
  assert.equal(answer.incomplete_details.reason, 'invalid_output');
});

test('streams a refusal', async () => {
  let refusal = '';
  const final = await client.responses
    .stream({ model, input: 'Do it. [[refuse]]', text: person })
    .on('response.refusal.delta', (event) => { refusal += event.delta; })
    .finalResponse();
  assert.equal(final.output_parsed, null);
  assert.deepEqual(final.output[0].content.map((part) => [part.type, part.refusal]), [['refusal', refusal]]);
});

test('shows images', async () => {
  const answer = await client.responses.create({
    model,
    input: [{
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is this?' },
        { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
      ],
    }],
  });
  assert.match(answer.output_text, /image\/png of 3 bytes, low/);
});

test('streams log-probabilities', async () => {
  const stream = client.responses.stream({
    model, input: 'How sure? [[tokens=6]]', include: ['message.output_text.logprobs'], top_logprobs: 2,
  });
  const told = [];
  stream.on('response.output_text.delta', (event) => told.push(...event.logprobs));
  const final = await stream.finalResponse();
  const [part] = final.output[0].content;
  assert.equal(final.top_logprobs, 2);
  assert.equal(part.logprobs.map((each) => each.token).join(''), part.text);
  assert.ok(part.logprobs.every((each) => each.top_logprobs.length === 2 && each.bytes.length > 0));
  assert.deepEqual(told.map((each) => each.logprob), part.logprobs.map((each) => each.logprob));
  const again = await retrieve(final.id);
  assert.deepEqual(again.output[0].content, final.output[0].content.map(({ parsed, ...rest }) => rest));
});

test('counts tokens of a context', async () => {
  const first = await client.responses.create({ model, input: 'Count me. [[tokens=20]]' });
  const alone = await client.responses.inputTokens.count({ model, input: 'hello world' });
  const after = await client.responses.inputTokens.count({
    model, input: 'hello world', previous_response_id: first.id,
  });
  assert.equal(alone.input_tokens, 9);
  assert.ok(after.input_tokens > alone.input_tokens + 20);
  const conversation = (await client.conversations.create({})).id;
  await client.responses.create({ model, input: 'Count me. [[tokens=20]]', conversation });
  const inside = await client.responses.inputTokens.count({ model, input: 'hello world', conversation });
  assert.equal(inside.input_tokens, after.input_tokens);
  await assert.rejects(
    client.responses.inputTokens.count({ model, input: 'x', conversation: 'conv_' + '0'.repeat(48) }),
    (e) => e.status === 404 && e.param === 'conversation',
  );
});

test('goes on from a compaction', async () => {
  const first = await client.responses.create({ model, input: 'My name is Ada. [[tokens=20]]' });
  const compaction = await client.responses.compact({ model, previous_response_id: first.id });
  assert.deepEqual(compaction.output.map((item) => item.type), ['compaction']);
  assert.doesNotMatch(JSON.stringify(compaction.output), /Ada|conversation/);
  const input = [...compaction.output, { role: 'user', content: 'What is my name?' }];
  const answer = await client.responses.create({ model, input });
  assert.match(answer.output_text, /What is my name/);
  const items = await all(client.responses.inputItems.list(answer.id, { order: 'asc' }));
  assert.match(items[0].content[0].text, /^Summary of the conversation so far/);
  input[0] = { ...input[0], encrypted_content: input[0].encrypted_content.slice(0, -4) + 'AAAA' };
  await assert.rejects(
    client.responses.create({ model, input }),
    (e) => e instanceof OpenAI.BadRequestError && e.param === 'input[0].encrypted_content',
  );
});

test('deletes', async () => {
  const { id } = await client.responses.create({ model, input: 'Delete me. [[tokens=4]]' });
  await client.responses.delete(id);
  await assert.rejects(retrieve(id), OpenAI.NotFoundError);
  await assert.rejects(client.responses.delete(id), OpenAI.NotFoundError);
  await assert.rejects(
    client.responses.create({ model, input: 'And?', previous_response_id: id }),
    (e) => e instanceof OpenAI.BadRequestError && e.code === 'previous_response_not_found',
  );
});

test('deletes what runs', async () => {
  const { id } = await client.responses.create({
    model, input: 'Delete me. [[tokens=400]] [[tps=40]]', background: true,
  });
  await client.responses.delete(id);
  await assert.rejects(retrieve(id), OpenAI.NotFoundError);
});

test('resumes what is not stored, and does not go on from it', async () => {
  const events = await all(
    await client.responses.create({ model, input: 'Forget me. [[tokens=6]]', store: false, stream: true }),
  );
  const { id, store } = events[0].response;
  assert.equal(store, false);
  assert.deepEqual(await all(await client.responses.retrieve(id, { stream: true, starting_after: 2 })), events.slice(3));
  await assert.rejects(
    client.responses.create({ model, input: 'And?', previous_response_id: id }),
    (e) => e instanceof OpenAI.BadRequestError && e.code === 'previous_response_not_found',
  );
});

const guarded = { type: 'mcp', server_label: 'builtin', require_approval: { always: { tool_names: ['calculator'] } } };

test('approves a call', async () => {
  const asked = await client.responses
    .stream({ model, input: 'What is 6 * 7? [[call=calculator {"expression":"6*7"}]]', tools: [guarded] })
    .finalResponse();
  const request = asked.output.find((item) => item.type === 'mcp_approval_request');
  assert.deepEqual([request.name, JSON.parse(request.arguments).expression], ['calculator', '6*7']);
  const input = [{ type: 'mcp_approval_response', approval_request_id: request.id, approve: true }];
  const answer = await client.responses
    .stream({ model, input, tools: [guarded], previous_response_id: asked.id })
    .finalResponse();
  const call = answer.output.find((item) => item.type === 'mcp_call');
  assert.deepEqual([call.approval_request_id, call.output], [request.id, '42']);
  assert.ok(answer.output_text.length > 0);
  const again = await client.responses.create({ model, input, tools: [guarded], previous_response_id: asked.id });
  assert.deepEqual([again.status, again.error.code], ['failed', 'approval_already_answered']);
});

test('approves a call in a conversation', async () => {
  const conversation = (await client.conversations.create({})).id;
  const asked = await client.responses.create({
    model, conversation, input: 'What is 6 * 7? [[call=calculator {"expression":"6*7"}]]', tools: [guarded],
  });
  const request = asked.output.find((item) => item.type === 'mcp_approval_request');
  const input = [{ type: 'mcp_approval_response', approval_request_id: request.id, approve: true }];
  const answer = await client.responses.create({ model, conversation, input, tools: [guarded] });
  assert.equal(answer.output.find((item) => item.type === 'mcp_call').output, '42');
});

test('declines a call', async () => {
  const asked = await client.responses.create({
    model,
    input: 'What is 6 * 7? [[call=calculator {"expression":"6*7"}]]',
    tools: [guarded],
  });
  const request = asked.output.find((item) => item.type === 'mcp_approval_request');
  const answer = await client.responses.create({
    model,
    input: [{ type: 'mcp_approval_response', approval_request_id: request.id, approve: false, reason: 'not today' }],
    tools: [guarded],
    previous_response_id: asked.id,
  });
  assert.equal(answer.status, 'completed');
  assert.ok(!answer.output.some((item) => item.type === 'mcp_call'));
  await assert.rejects(
    client.responses.create({
      model,
      input: [{ type: 'mcp_approval_response', approval_request_id: 'mcpr_' + '0'.repeat(52), approve: true }],
      tools: [guarded],
      previous_response_id: asked.id,
    }),
    (e) => e instanceof OpenAI.BadRequestError && e.code === 'approval_not_found',
  );
});

test('unwraps a webhook, and no other', async () => {
  const { id } = await client.responses.create({ model, input: 'Tell me. [[tokens=4]]' });
  const { headers, body } = await delivered(id);
  const secret = process.env.WEBHOOK_SECRET;
  const flat = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values[0]]));
  const event = await client.webhooks.unwrap(body, flat, secret);
  assert.deepEqual([event.object, event.type, event.data.id], ['event', 'response.completed', id]);
  const forged = body.replace(id, 'resp_' + '0'.repeat(48));
  await assert.rejects(client.webhooks.unwrap(forged, flat, secret), OpenAI.InvalidWebhookSignatureError);
  await assert.rejects(
    client.webhooks.unwrap(body, flat, 'whsec_' + Buffer.from('another secret').toString('base64')),
    OpenAI.InvalidWebhookSignatureError,
  );
});

test('prefers not to wait, or to wait', async () => {
  const background = new OpenAI({ baseURL, apiKey, maxRetries: 0, defaultHeaders: { Prefer: 'respond-async' } });
  const { data, response } = await background.responses.create({ model, input: 'Later. [[tokens=5]]' }).withResponse();
  assert.deepEqual([data.status, response.status], ['queued', 202]);
  assert.equal(response.headers.get('preference-applied'), 'respond-async');
  const waiting = new OpenAI({ baseURL, apiKey, maxRetries: 0, defaultHeaders: { Prefer: 'wait=20' } });
  assert.equal((await waiting.responses.retrieve(data.id)).status, 'completed');
  const now = await waiting.responses.create({ model, input: 'Now. [[tokens=5]]', background: true });
  assert.equal(now.status, 'completed');
});

test('takes turns over a WebSocket', async () => {
  const socket = new ResponsesWS(client);
  const messages = socket.stream();
  // The messages up to the end of a turn, or to an error
  const turn = async (request) => {
    socket.send({ type: 'response.create', model, ...request });
    const events = [];
    for (;;) {
      const { value } = await messages.next();
      if (value.type === 'error') return { error: value.error.error };
      if (value.type === 'close') throw new Error(`closed by ${value.code} ${value.reason}`);
      if (value.type !== 'message') continue;
      events.push(value.message);
      if (value.message.type === 'response.completed') return { events, last: value.message.response };
    }
  };
  try {
    const first = await turn({ input: 'First. [[tokens=6]]' });
    assert.deepEqual(first.events.map((event) => event.sequence_number), [...first.events.keys()]);
    const again = await all(await client.responses.retrieve(first.last.id, { stream: true }));
    assert.deepEqual(again, first.events);
    const second = await turn({ input: 'Second. [[tokens=4]]', previous_response_id: first.last.id });
    assert.equal(second.last.previous_response_id, first.last.id);
    const refused = await turn({ input: 'x', temperature: 7 });
    assert.equal(refused.error.error.param, 'temperature');
    assert.equal((await turn({ input: 'Third. [[tokens=4]]' })).last.status, 'completed');
  } finally {
    socket.close({ code: 1000, reason: 'done' });
  }
});

test('names what is wrong', async () => {
  await assert.rejects(
    client.responses.create({ model, input: 'x', temperature: 7 }),
    (e) => e instanceof OpenAI.BadRequestError && e.param === 'temperature' && e.requestID !== undefined,
  );
  await assert.rejects(retrieve('resp_' + '0'.repeat(48)), OpenAI.NotFoundError);
});

await run();
