// npm ai with each of its two providers that speak this dialect.
import assert from 'node:assert/strict';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenResponses } from '@ai-sdk/open-responses';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { apiKey, baseURL, run, test } from './cases.mjs';

const provider = process.argv[2];
const model =
  provider === 'openai'
    ? createOpenAI({ baseURL, apiKey }).responses('simulator')
    : createOpenResponses({ name: 'voice', url: `${baseURL}/responses`, apiKey })('simulator');
const common = { model, maxRetries: 0 };
const tools = {
  lookup: tool({
    description: 'Looks something up',
    inputSchema: z.object({ key: z.string() }),
    execute: async () => 'forty-two',
  }),
};

test('generates', async () => {
  const { text, finishReason, usage } = await generateText({ ...common, prompt: 'Say something. [[tokens=6]]' });
  assert.notEqual(text, '');
  assert.equal(finishReason, 'stop');
  assert.equal(usage.outputTokens, 6);
});

test('streams', async () => {
  const errors = [];
  const result = streamText({ ...common, prompt: 'Stream. [[tokens=9]]', onError: ({ error }) => errors.push(error) });
  let text = '';
  for await (const piece of result.textStream) text += piece;
  assert.deepEqual(errors, []);
  assert.equal(text, await result.text);
  assert.notEqual(text, '');
});

test('streams reasoning', async () => {
  const result = streamText({ ...common, prompt: 'Think. [[reasoning=4]] [[tokens=5]]' });
  await result.consumeStream();
  assert.notEqual(await result.text, '');
});

test('goes on with what was said', async () => {
  const first = await generateText({ ...common, prompt: 'First. [[tokens=5]]' });
  const { text } = await generateText({
    ...common,
    messages: [
      { role: 'user', content: 'First. [[tokens=5]]' },
      ...first.response.messages,
      { role: 'user', content: 'Second.' },
    ],
  });
  assert.match(text, /Second/);
});

test('runs a function of the client in steps', async () => {
  const { text, steps } = await generateText({
    ...common, tools, stopWhen: stepCountIs(3), prompt: 'What does lookup say?',
  });
  assert.equal(steps.length, 2);
  assert.match(text, /forty-two/);
});

test('streams a function of the client in steps', async () => {
  const errors = [];
  const result = streamText({
    ...common,
    tools,
    stopWhen: stepCountIs(3),
    prompt: 'Stream what lookup says. [[reasoning=2]]',
    onError: ({ error }) => errors.push(error),
  });
  await result.consumeStream();
  assert.deepEqual(errors, []);
  assert.equal((await result.steps).length, 2);
  assert.match(await result.text, /forty-two/);
});

const person = Output.object({ schema: z.object({ name: z.string(), age: z.number().int() }) });

test('generates an object', async () => {
  const { output } = await generateText({ ...common, output: person, prompt: 'Ada' });
  assert.deepEqual(output, { name: 'Ada', age: 1 });
});

test('generates an object that was repaired', async () => {
  const { output } = await generateText({ ...common, output: person, prompt: 'Ada [[invalid=1]]' });
  assert.equal(output.age, 1);
});

test('streams an object piece by piece', async () => {
  const errors = [];
  const result = streamText({ ...common, output: person, prompt: 'Ada', onError: ({ error }) => errors.push(error) });
  let last;
  for await (const piece of result.partialOutputStream) last = piece;
  assert.deepEqual(errors, []);
  assert.deepEqual(last, { name: 'Ada', age: 1 });
  assert.deepEqual(await result.output, last);
});

test('generates one of a list of choices, and an array', async () => {
  const choice = Output.choice({ options: ['red', 'green'] });
  assert.match((await generateText({ ...common, output: choice, prompt: 'Ada' })).output, /^(red|green)$/);
  const people = Output.array({ element: z.object({ name: z.string() }) });
  assert.ok(Array.isArray((await generateText({ ...common, output: people, prompt: 'Ada' })).output));
});

test('tells that an object is wrong after its repair', async () => {
  await assert.rejects(
    generateText({ ...common, output: person, prompt: 'Ada [[invalid=2]]' }).then((result) => result.output),
    (error) => /No object generated|No output generated/.test(error.message),
  );
});

test('waits as long as it prefers', async () => {
  const { response, text } = await generateText({
    ...common, prompt: 'Now. [[tokens=5]]', headers: { Prefer: 'wait=20' },
  });
  assert.equal(response.headers['preference-applied'], 'wait=20');
  assert.notEqual(text, '');
});

test('shows images', async () => {
  const { text } = await generateText({
    ...common,
    messages: [{
      role: 'user',
      content: [{ type: 'text', text: 'What is this?' }, { type: 'image', image: 'data:image/png;base64,AAAA' }],
    }],
  });
  assert.match(text, /image\/png of 3 bytes/);
});

test('ends at the bound of tokens', async () => {
  const { finishReason } = await generateText({ ...common, prompt: 'Long. [[tokens=99]]', maxOutputTokens: 16 });
  assert.equal(finishReason, 'length');
});

test('tells a refusal', async () => {
  await assert.rejects(
    generateText({ ...common, prompt: 'x', temperature: 7 }),
    (e) => e.statusCode === 400 && /temperature/.test(e.responseBody),
  );
});

if (provider === 'openai') {
  // With it the provider sends whole items instead of references to them
  test('runs a function of the client in steps without storing any', async () => {
    const { text, steps } = await generateText({
      ...common,
      tools,
      stopWhen: stepCountIs(3),
      prompt: 'What does lookup say? [[reasoning=2]]',
      providerOptions: { openai: { store: false } },
    });
    assert.equal(steps.length, 2);
    assert.match(text, /forty-two/);
  });

  test('goes on from an earlier response, and in a conversation', async () => {
    const first = await generateText({ ...common, prompt: 'First. [[tokens=5]]' });
    const previousResponseId = first.providerMetadata.openai.responseId;
    const second = await generateText({
      ...common, prompt: 'Second. [[tokens=5]]', providerOptions: { openai: { previousResponseId } },
    });
    assert.ok(second.usage.inputTokens > first.usage.inputTokens);
    const begun = await fetch(`${baseURL}/conversations`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
      body: '{}',
    });
    const conversation = (await begun.json()).id;
    for (const prompt of ['My name is Ada. [[tokens=5]]', 'Who am I? [[tokens=5]]']) {
      await generateText({ ...common, prompt, providerOptions: { openai: { conversation } } });
    }
    const listed = await fetch(`${baseURL}/conversations/${conversation}/items`, {
      headers: { Authorization: `Bearer ${apiKey}` },
    });
    assert.equal((await listed.json()).data.length, 4);
  });

  test('tells log-probabilities', async () => {
    const { text, providerMetadata } = await generateText({
      ...common, prompt: 'How sure? [[tokens=6]]', providerOptions: { openai: { logprobs: 2 } },
    });
    const logprobs = providerMetadata.openai.logprobs.flat();
    assert.equal(logprobs.map((each) => each.token).join(''), text);
    assert.ok(logprobs.every((each) => each.top_logprobs.length === 2));
  });

  // Its MCP tool insists on a URL of a server, where this API knows its servers by label
  test('streams a tool of the server', async () => {
    const openai = createOpenAI({ baseURL, apiKey });
    const errors = [];
    const result = streamText({
      ...common,
      prompt: 'Search the web for kafka.',
      tools: { web_search: openai.tools.webSearch({}) },
      onError: ({ error }) => errors.push(error),
    });
    await result.consumeStream();
    assert.deepEqual(errors, []);
    assert.deepEqual((await result.toolCalls).map((call) => call.toolName), ['web_search']);
    assert.match(await result.text, /web_search returned/);
  });
}

await run();
