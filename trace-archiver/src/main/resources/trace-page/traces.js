// The page of the archive's traces. Text out of the archive can be a stranger's: it only ever becomes the content of text nodes, and the
// page's policy (Trusted Types, no inline code) would refuse anything else.

const byId = (id) => document.getElementById(id);

/** An element with properties, classes and children; a child that is text stays text. */
function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "on") for (const [type, listener] of Object.entries(value)) made.addEventListener(type, listener);
    else if (name === "style") for (const [property, set] of Object.entries(value)) made.style.setProperty(property, set);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// ---------------------------------------------------------------- Asking

let asking = new AbortController();

/** Asks the API; throws an Error whose message is for people. */
async function ask(path, parameters = {}, signal = undefined) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one) query.append(name, one);
  }
  const text = query.toString();
  let answer;
  try {
    answer = await fetch(`api/v1/${path}${text ? `?${text}` : ""}`, { signal, headers: { Accept: "application/json" } });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new Error("The archive does not answer. Is it running?");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error?.message ?? `The archive answered ${answer.status}.`);
  return body;
}

// ---------------------------------------------------------------- Words

function duration(ms) {
  if (ms < 0.001) return "0 µs";
  if (ms < 1) return `${trim(ms * 1000)} µs`;
  if (ms < 1000) return `${trim(ms)} ms`;
  if (ms < 60000) return `${trim(ms / 1000)} s`;
  const minutes = Math.floor(ms / 60000);
  return `${minutes} min ${Math.round((ms % 60000) / 1000)} s`;
}

/** How long after a span's begin an event was; 0 where its time tells nothing. */
const since = (span, event) => Date.parse(event.time) - Date.parse(span.start_time) || 0;

const trim = (number) => (number >= 100 ? Math.round(number) : Number(number.toPrecision(3))).toString();
const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

function when(iso) {
  const time = new Date(iso);
  const today = new Date().toDateString() === time.toDateString();
  return today ? clock.format(time) : `${day.format(time)}, ${clock.format(time)}`;
}

/** A value of an attribute as text. */
const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Colours by service: fixed for the services of this system, by order of appearance for others. */
const colours = new Map(["api", "worker", "tools", "archiver"].map((name, at) => [`voice-agent-${name}`, `c${at}`]));
function colour(service) {
  if (!colours.has(service)) colours.set(service, `c${colours.size % 8}`);
  return colours.get(service);
}

/** A service's name without what all of this system have in common. */
const brief = (service) => service.replace(/^voice-agent-(?=.)/, "");

/** A name that may break behind its dots, slashes and underscores. */
const breakable = (name) => name.split(/(?<=[._/])(?=.)/).flatMap((part, at) => (at ? [el("wbr"), part] : [part]));

// ---------------------------------------------------------------- Search

const form = byId("search");
let found = [];

function fields() {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
}

/** `a=b "c d"="e f"`, as logfmt has it, into `a:b`. */
function tags(text) {
  const list = [];
  for (const [, key, quoted, plain] of text.matchAll(/([^\s=]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    list.push(`${key}:${quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1")}`);
  }
  if (text.trim() && !list.length) throw new Error("Tags are written key=value, with a blank between two of them.");
  return list;
}

function criteria(given) {
  const asked = {
    service: given.service, operation: given.operation, status: given.status,
    min_duration: given.min_duration, max_duration: given.max_duration, tag: tags(given.tags ?? ""),
  };
  if (given.lookback === "between") {
    if (given.start) asked.start = new Date(given.start).toISOString();
    if (given.end) asked.end = new Date(given.end).toISOString();
  } else {
    asked.lookback = given.lookback ?? "1h";
  }
  return asked;
}

function say(text, bad = false) {
  byId("found").textContent = text;
  byId("found").classList.toggle("bad", bad);
}

async function search(cursor) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  byId("more").hidden = true;
  if (!cursor) say("Searching…");
  try {
    const answer = await ask("traces", { ...criteria(fields()), limit: "30", cursor }, signal);
    const fresh = answer.traces;
    found = cursor ? found.concat(fresh) : fresh;
    hits(cursor ? found.length - fresh.length : -1);
    byId("more").hidden = !answer.next_cursor;
    byId("more").onclick = () => search(answer.next_cursor);
    say(found.length === 0
      ? "No trace has all of this. Ask for more time, or for less else."
      : `${count(found.length, "trace", "traces")}, newest first${answer.next_cursor ? "; there are more" : ""}`);
  } catch (failure) {
    if (failure.name === "AbortError") return;
    if (!cursor) { found = []; hits(-1); }
    say(failure.message, true);
  }
}

/** Shows what was found; moves the focus to one of them when asked to. */
function hits(focus) {
  const longest = Math.max(1e-9, ...found.map((trace) => trace.duration_ms));
  byId("results").replaceChildren(...found.map((trace) => el("li", {}, hit(trace, longest))));
  if (focus >= 0) byId("results").children[focus]?.firstElementChild.focus();
}

function hit(trace, longest) {
  const share = Math.max(1, (100 * trace.duration_ms) / longest);
  return el("a", { class: "hit", href: `#/trace/${trace.trace_id}` },
    el("span", { class: "name" }, trace.operation),
    el("span", { class: "took" },
      el("span", {}, duration(trace.duration_ms)),
      el("span", { class: "track", "aria-hidden": "true" },
        el("span", { class: `fill ${colour(trace.service)}`, style: { width: `${share}%` } }))),
    el("time", { class: "when", datetime: trace.start_time }, when(trace.start_time)),
    el("span", { class: "sub" },
      trace.errors ? el("span", { class: "badge" }, count(trace.errors, "error", "errors")) : null,
      ...trace.services.map((share) => el("span", {},
        el("span", { class: `dot ${colour(share.service)}`, "aria-hidden": "true" }), `${brief(share.service)} ${share.spans}`))));
}

function options(select, first, names, chosen) {
  select.replaceChildren(el("option", { value: "" }, first), ...names.map((name) => el("option", { value: name }, name)));
  if (chosen && !names.includes(chosen)) select.append(el("option", { value: chosen }, chosen));
  select.value = chosen ?? "";
}

async function loadServices(chosen) {
  const answer = await ask("services");
  options(form.elements.service, "All services", answer.services, chosen);
}

async function loadOperations(service, chosen) {
  const names = service ? (await ask("operations", { service })).operations.map((operation) => operation.name) : [];
  options(form.elements.operation, "All operations", names, chosen);
  form.elements.operation.disabled = !service;
}

function showBetween() {
  const between = form.elements.lookback.value === "between";
  document.querySelectorAll(".between").forEach((label) => { label.hidden = !between; });
}

const address = () => `#/?${new URLSearchParams(fields())}`;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (location.hash === address()) search();
  else location.hash = address();
});
form.elements.lookback.addEventListener("change", showBetween);
form.elements.service.addEventListener("change", () => {
  loadOperations(form.elements.service.value).catch((failure) => say(failure.message, true));
});
byId("jump").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = byId("jump-id").value.trim();
  if (id) location.hash = `#/trace/${encodeURIComponent(id)}`;
});

let known = null;

async function searchView(query) {
  byId("trace-view").hidden = true;
  byId("search-view").hidden = false;
  document.title = "Traces";
  const here = location.hash || "#/";
  if (known === here && found.length) return; // back from a trace: everything is still there
  known = here;
  const given = Object.fromEntries(new URLSearchParams(query));
  for (const field of form.elements) {
    if (field.name && field.name !== "service" && field.name !== "operation") {
      field.value = given[field.name] ?? (field.name === "lookback" ? "1h" : "");
    }
  }
  showBetween();
  try {
    await Promise.all([loadServices(given.service), loadOperations(given.service, given.operation)]);
  } catch (failure) {
    say(failure.message, true);
    return;
  }
  await search();
}

// ---------------------------------------------------------------- One trace

/** Spans as a tree: each with its children, depth and, where a message led to it, its hop. */
function tree(spans) {
  const nodes = new Map(spans.map((span) => [span.span_id, { span, children: [], depth: 0, parent: null }]));
  const roots = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.span.parent_span_id);
    if (parent && parent !== node && !leadsBack(parent, node)) {
      node.parent = parent;
      parent.children.push(node);
    } else {
      roots.push(node);
    }
  }
  const order = (list) => list.sort((a, b) => a.span.offset_ms - b.span.offset_ms);
  const stack = order(roots).map((node) => node).reverse();
  const rows = [];
  while (stack.length) {
    const node = stack.pop();
    node.depth = node.parent ? node.parent.depth + 1 : 0;
    node.hop = hop(node);
    rows.push(node);
    stack.push(...order(node.children).slice().reverse());
  }
  return rows;
}

/** Whether a parent has the node among its own ancestors, as only broken data does. */
function leadsBack(parent, node) {
  for (let at = parent; at; at = at.parent) if (at === node) return true;
  return false;
}

const PRODUCES = new Set(["publish", "send", "create"]);

/** What a span has to do with a topic: it wrote a message to it, or a message from it led to it. */
function hop(node) {
  const { attributes, kind } = node.span;
  const topic = attributes["messaging.destination.name"];
  if (typeof topic !== "string" || topic === "") return null;
  const type = attributes["messaging.operation.type"] ?? "";
  const produces = kind === "producer" || PRODUCES.has(type);
  const partition = attributes["messaging.destination.partition.id"];
  const offset = attributes["messaging.kafka.offset"] ?? attributes["messaging.kafka.message.offset"];
  const place = [partition === undefined ? null : `p${shown(partition)}`, offset === undefined ? null : `@${shown(offset)}`];
  return { topic, produces, place: place.filter(Boolean).join(" ") };
}

async function traceView(id) {
  const view = byId("trace-view");
  byId("search-view").hidden = true;
  view.hidden = false;
  document.title = "Trace";
  view.replaceChildren(el("p", { class: "note", role: "status" }, "Loading…"));
  const back = el("a", { class: "back", href: known ?? "#/" }, "← All traces");
  try {
    const trace = await ask(`traces/${encodeURIComponent(id)}`);
    if (location.hash !== `#/trace/${encodeURIComponent(id)}`) return; // gone on meanwhile
    view.replaceChildren(back, ...traceParts(trace));
    document.title = `${trace.spans[0].operation} · Trace`;
    view.querySelector(".row")?.focus({ preventScroll: true });
  } catch (failure) {
    view.replaceChildren(back, el("p", { class: "note bad", role: "alert" }, failure.message));
  }
  window.scrollTo(0, 0);
}

function traceParts(trace) {
  const rows = tree(trace.spans);
  const root = rows[0].span;
  const services = [...new Set(rows.map((node) => node.span.service))];
  const errors = trace.spans.filter((span) => span.status === "error").length;
  const fall = waterfall(rows, Math.max(trace.duration_ms, 1e-6));
  const hops = rows.filter((node) => node.hop && !node.hop.produces).sort((a, b) => a.span.offset_ms - b.span.offset_ms);
  return [
    el("h1", {}, root.operation),
    el("p", { class: "facts" },
      el("span", {}, when(trace.start_time)),
      el("span", {}, el("b", {}, duration(trace.duration_ms))),
      el("span", {}, el("b", {}, String(trace.spans.length)), trace.spans.length === 1 ? " span" : " spans"),
      errors ? el("span", { class: "badge" }, count(errors, "error", "errors")) : null,
      el("code", {}, trace.trace_id)),
    el("ul", { class: "legend", "aria-label": "Services" }, ...services.map((service) => el("li", {},
      el("span", { class: `dot ${colour(service)}`, "aria-hidden": "true" }), service))),
    trace.truncated ? el("p", { class: "note bad" }, "This trace has more spans than are shown here.") : null,
    hops.length ? el("ol", { class: "hops", "aria-label": "Messages, in the order in which they arrived" },
      ...hops.map((node) => hopItem(node, fall))) : null,
    fall.element,
    el("p", { class: "keys" }, el("kbd", {}, "↑"), " ", el("kbd", {}, "↓"), " move, ", el("kbd", {}, "←"), " ", el("kbd", {}, "→"),
      " fold, ", el("kbd", {}, "Enter"), " details, ", el("kbd", {}, "Esc"), " back. ◇ a message is sent, ◆ it arrives."),
  ].filter(Boolean);
}

/** The nearest ancestor of another kind than the message's own sending: who sent it. */
function sender(node) {
  let at = node.parent;
  while (at && at.hop?.produces && at.parent) at = at.parent;
  return at;
}

/** How long the message lay in its topic; null where its sending has no span. */
function lay(node) {
  if (!node.parent?.hop?.produces) return null;
  return Math.max(0, node.span.offset_ms - node.parent.span.offset_ms - node.parent.span.duration_ms);
}

function hopItem(node, fall) {
  const from = sender(node);
  const waited = lay(node);
  return el("li", {}, el("button", { type: "button", on: { click: () => fall.show(node) } },
    el("span", { class: "topic" }, node.hop.topic), node.hop.place ? el("span", { class: "mono" }, ` ${node.hop.place}`) : null,
    el("span", { class: "way" }, `${from ? brief(from.span.service) : "?"} → ${brief(node.span.service)}, +${duration(node.span.offset_ms)}${
      waited === null ? "" : `, after ${duration(waited)} in the topic`}`)));
}

function waterfall(rows, total) {
  const percent = (ms) => Math.min(100, Math.max(0, (100 * ms) / total));
  const tickTimes = matchMedia("(max-width: 720px)").matches ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  const element = el("div", { class: "fall", role: "tree", "aria-label": "Spans" },
    el("div", { class: "ruler", "aria-hidden": "true" }, el("span", {}, "Span"),
      el("span", { class: "ticks" }, ...tickTimes.map((share) => el("span", {}, share === 0 ? "0" : duration(total * share))))));
  const folded = new Set();

  for (const node of rows) {
    node.row = rowOf(node, percent);
    node.row.addEventListener("click", (event) => {
      if (event.target.closest(".twist")) fold(node, !folded.has(node));
      else { focus(node); details(node); }
    });
    node.row.addEventListener("keydown", (event) => keys(event, node));
    element.append(node.row);
  }
  if (rows.length) rows[0].row.tabIndex = 0;

  const visible = (node) => {
    for (let at = node.parent; at; at = at.parent) if (folded.has(at)) return false;
    return true;
  };

  function focus(node) {
    rows.forEach((other) => { other.row.tabIndex = other === node ? 0 : -1; });
    node.row.focus();
  }

  function fold(node, closed) {
    if (!node.children.length) return;
    if (closed) folded.add(node); else folded.delete(node);
    node.row.setAttribute("aria-expanded", String(!closed));
    node.row.querySelector(".twist").textContent = closed ? "▸" : "▾";
    for (const other of rows) {
      const shows = visible(other);
      other.row.hidden = !shows;
      if (other.detail) other.detail.hidden = !shows;
    }
  }

  function details(node, open = !node.detail) {
    if (open && !node.detail) {
      node.detail = detailOf(node);
      node.row.after(node.detail);
    } else if (!open && node.detail) {
      node.detail.remove();
      node.detail = null;
    }
    node.row.classList.toggle("open", open);
  }

  function keys(event, node) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== node.row) return;
    const shown = rows.filter(visible);
    const at = shown.indexOf(node);
    const go = (to) => { if (to) focus(to); };
    const actions = {
      ArrowDown: () => go(shown[at + 1]),
      ArrowUp: () => go(shown[at - 1]),
      Home: () => go(shown[0]),
      End: () => go(shown[shown.length - 1]),
      ArrowRight: () => (folded.has(node) ? fold(node, false) : go(node.children[0])),
      ArrowLeft: () => (node.children.length && !folded.has(node) ? fold(node, true) : go(node.parent)),
      Enter: () => details(node),
      " ": () => details(node),
    };
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  }

  function show(node) {
    for (let at = node.parent; at; at = at.parent) fold(at, false);
    details(node, true);
    focus(node);
    node.row.scrollIntoView({ block: "center" });
  }

  return { element, show };
}

function rowOf(node, percent) {
  const { span, hop: message } = node;
  const left = percent(span.offset_ms);
  const width = percent(span.duration_ms);
  const end = Math.min(100, left + width);
  const name = message && !message.produces ? `${span.operation}, by a message of ${message.topic}` : span.operation;
  const label = el("div", { class: "label" },
    el("span", { class: "indent", style: { "--depth": Math.min(node.depth, 12) } }),
    el("button", { class: `twist${node.children.length ? "" : " leaf"}`, type: "button", tabindex: "-1", "aria-hidden": "true" }, "▾"),
    el("span", { class: `dot ${colour(span.service)}`, "aria-hidden": "true" }),
    el("span", { class: "name" }, ...breakable(span.operation)),
    el("span", { class: "service", title: span.service }, brief(span.service)));
  const time = el("div", { class: "time", "aria-hidden": "true" },
    el("span", { class: `bar ${colour(span.service)}`, style: { left: `${left}%`, width: `${width}%` } }),
    ...sent(node, percent),
    ...span.events.map((event) => el("span", { class: "event", title: event.name,
      style: { left: `${percent(span.offset_ms + since(span, event))}%` } })),
    message ? el("span", { class: message.produces ? "out" : "in", title: message.topic, style: { left: `${left}%` } }) : null,
    message ? topicBeside(message.topic, left, end) : null);
  const took = el("div", { class: "length", "aria-hidden": "true" }, duration(span.duration_ms));
  return el("div", {
    class: `row${span.status === "error" ? " failed" : ""}`, role: "treeitem", tabindex: "-1", "aria-level": node.depth + 1,
    "aria-expanded": node.children.length ? "true" : null,
    "aria-label": `${name}, ${span.service}, ${duration(span.duration_ms)}${span.status === "error" ? ", failed" : ""}`,
  }, label, time, took);
}

/** Marks on the sender's bar: where the messages left whose own sending has no span. */
function sent(node, percent) {
  return node.children
    .filter((child) => child.hop && !child.hop.produces && !node.hop?.produces)
    .map((child) => el("span", { class: "out", title: `to ${child.hop.topic}`, style: { left: `${percent(child.span.offset_ms)}%` } }));
}

/** The topic's name behind the bar, before it, or on it: where there is room. */
function topicBeside(topic, left, end) {
  if (end < 80) return el("span", { class: "topic", style: { left: `${end}%` } }, topic);
  if (left > 20) return el("span", { class: "topic", style: { right: `${100 - left}%` } }, topic);
  return el("span", { class: "topic on", style: { left: `${left}%` } }, topic);
}

function table(title, pairs) {
  return pairs.length ? [el("h2", {}, title), el("table", {}, el("tbody", {}, ...pairs.map(([key, value]) =>
    el("tr", {}, el("th", { scope: "row" }, ...breakable(key)), el("td", {}, shown(value))))))] : [];
}

function detailOf(node) {
  const { span } = node;
  const facts = [["Began", `${span.start_time} (+${duration(span.offset_ms)})`], ["Took", duration(span.duration_ms)], ["Kind", span.kind],
    ["Status", span.status], ["Span id", span.span_id], ["Parent", span.parent_span_id ?? "none"]];
  if (span.scope) facts.push(["Made by", [span.scope.name, span.scope.version].filter(Boolean).join(" ")]);
  const sorted = (object) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  return el("div", { class: "detail", role: "group", "aria-label": `Details of ${span.operation}` },
    span.status_message ? el("p", { class: "why" }, span.status_message) : null,
    ...table("Attributes", sorted(span.attributes)),
    ...span.events.flatMap((event) => table(`Event ${event.name}`,
      [["at", `+${duration(since(span, event))}`], ...sorted(event.attributes ?? {})])),
    ...linksOf(span.links),
    ...table("Span", facts),
    ...table("Resource", sorted(span.resource)));
}

function linksOf(links) {
  const usable = links.filter((link) => /^[0-9a-f]{32}$/.test(link.trace_id ?? ""));
  return usable.length ? [el("h2", {}, "Links"), el("ul", {}, ...usable.map((link) =>
    el("li", {}, el("a", { href: `#/trace/${link.trace_id}` }, el("code", {}, link.trace_id)))))] : [];
}

// ---------------------------------------------------------------- Ways

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea");
  if (event.key === "Escape" && !byId("trace-view").hidden && !typing) location.hash = known ?? "#/";
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    byId("jump-id").focus();
  }
});

function route() {
  const trace = location.hash.match(/^#\/trace\/([^?]+)/);
  if (trace) {
    let id = trace[1];
    try { id = decodeURIComponent(id); } catch { /* it is shown as not usable */ }
    traceView(id);
  } else if (location.hash !== "#main" || !known) { // the link past the head leads to what is shown already
    searchView(location.hash.match(/^#\/\?(.*)$/)?.[1] ?? "");
  }
}

addEventListener("hashchange", route);
route();
