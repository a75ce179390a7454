// Runs named cases one after another and reports each as one line of JSON on standard output.
const cases = [];

export function test(name, run) {
  cases.push({ name, run });
}

export async function run() {
  for (const { name, run } of cases) {
    let error = null;
    try {
      await run();
    } catch (e) {
      error = e instanceof Error ? (e.stack ?? e.message) : String(e);
    }
    process.stdout.write(JSON.stringify({ name, error }) + '\n');
  }
}

export const baseURL = process.env.API_BASE_URL;
export const apiKey = process.env.API_KEY;

export async function ended(retrieve, id) {
  const until = Date.now() + 20_000;
  for (;;) {
    const response = await retrieve(id);
    if (!['queued', 'in_progress'].includes(response.status)) return response;
    if (Date.now() > until) throw new Error(`${id} is still ${response.status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// The webhook that tells of a response, as it came.
export async function delivered(id) {
  const until = Date.now() + 20_000;
  for (;;) {
    const answer = await fetch(process.env.WEBHOOK_INBOX + id);
    if (answer.ok) return answer.json();
    if (Date.now() > until) throw new Error(`nothing told of ${id}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function all(events) {
  const list = [];
  for await (const event of events) list.push(event);
  return list;
}
