// What events hold comes from anybody. It reaches the page as text only: nodes are made
// here, and never parsed.
const $ = id => document.getElementById(id);

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
};

const count = n => n.toLocaleString("en");
const clock = text => {
  const at = new Date(text);
  return at.toLocaleTimeString("en-GB") + "." + String(at.getMilliseconds()).padStart(3, "0");
};

let about = null;    // what the first message says
let source = null;   // of messages; null while the page stands still
let filtered = false;
let resets = 0;
let chosen = null;   // seq of the event in the panel
let posted = null;   // ingest id of what the form sent last
let reason = "";     // chosen among the chips
let newest = 0;      // seq of the newest event that is shown
const rows = new Map(); // event and node by seq, the newest last

// Messages.

function connect() {
  const filter = new URLSearchParams();
  const chosen = {text: $("text").value, type: $("type").value, verdict: $("verdict").value, reason};
  for (const [name, value] of Object.entries(chosen)) if (value !== "") filter.set(name, value);
  filtered = filter.size > 0;
  source?.close();
  source = new EventSource("live?" + filter);
  source.onmessage = message => apply(JSON.parse(message.data));
  source.onerror = () => say("lost", "not connected: is make local running?");
}

function say(state, text) {
  $("connection").className = state;
  if ($("connected").textContent !== text) $("connected").textContent = text;
}

function apply(state) {
  say("live", "live");
  if (state.about) {
    introduce(state.about);
    forget();
  } else if (state.resets !== resets) {
    forget();
  }
  resets = state.resets;
  showCounts(state);
  showRegions(state.regions ?? []);
  showChart(state.seconds);
  showEvents(state.events, state.kept);
  $("waiting").replaceChildren(...state.waiting.map(event => make("li", {}, row(event, "div"))));
  const none = rows.size === 0 && state.waiting.length === 0;
  $("empty").hidden = !none;
  $("lesson").hidden = filtered;
  $("empty-title").textContent = filtered ? "No event matches" : "No event yet";
  $("kept").hidden = none;
  const older = state.counts.forgotten > 0 ? `; ${count(state.counts.forgotten)} older ones are only counted` : "";
  $("kept").textContent = `The newest ${count(state.kept)} events are kept here${older}. The lake has all of them.`;
}

function introduce(from) {
  about = from;
  document.title = `global-ingest ${from.environment}: events as they are judged`;
  $("environment").textContent = from.environment;
  $("endpoint").textContent = from.endpoint + "/events";
  for (const [id, event] of [["curl-valid", from.valid], ["curl-invalid", from.invalid]]) {
    $(id).textContent = `curl -i ${from.endpoint}/events -d '${event}'`;
  }
  if ($("body").value === "") write(from.valid);
}

function forget() {
  rows.clear();
  newest = 0;
  $("list").replaceChildren();
}

function showCounts(state) {
  const {valid, rejected, failed, waiting} = state.counts;
  for (const [id, n] of Object.entries({valid, rejected, failed, "waiting-count": waiting})) {
    $(id).textContent = count(n);
    $(id).parentElement.classList.toggle("none", n === 0);
  }
  const faults = Object.entries(state.counts.faults).map(([service, how]) => `${service}: ${how}`);
  $("faults").hidden = faults.length === 0;
  $("faults").textContent = "Broken on purpose, by POST /fault: " + faults.join(", ");
  const reasons = {...(reason && {[reason]: 0}), ...state.counts.reasons}; // the chosen one can always be left
  const chips = Object.entries(reasons).sort((a, b) => b[1] - a[1]);
  redraw($("reasons"), [chips, reason], () => chips.map(([name, n]) => make("button", {
    type: "button", "data-key": name, "aria-pressed": String(name === reason), title: `Show only ${name}`,
    onclick: () => { reason = name === reason ? "" : name; refilter(); },
  }, `${name} ${count(n)}`)));
}

function showRegions(regions) {
  $("regions").hidden = regions.length === 0;
  redraw($("regions"), regions, () => regions.map(showRegion));
}

function showRegion({region, reachable, healthy, drained, nearest, answers, round_trip_ms, because}) {
  const health = drained ? "drained" : healthy ? "healthy" : "unhealthy";
  const known = [health, `${count(Math.round(round_trip_ms))} ms away`, `${count(answers)} answers`];
  const way = reachable ? "down" : "up";
  const done = `${region} is ${reachable ? "unreachable" : "reachable"}: its health check notices`;
  return make("div", {class: reachable && healthy ? "live" : "lost", title: because ?? ""},
    make("span", {class: "dot"}),
    make("b", {}, region + (nearest ? " answers" : "")),
    make("span", {class: "quiet"}, (reachable ? known : ["unreachable", ...known]).join(", ")),
    make("button", {type: "button", "data-key": region, onclick: () => command(`regions/${region}/${way}`, done)},
      reachable ? "Take down" : "Bring back"));
}

// redraw fills a list when what it shows has changed. The focus stays where it is.
function redraw(list, value, draw) {
  const shown = JSON.stringify(value);
  if (list.dataset.shown === shown) return;
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  list.dataset.shown = shown;
  list.replaceChildren(...draw().map(node => make("li", {}, node)));
  if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function showChart(seconds) {
  const peak = Math.max(...seconds.map(([a, b, c]) => a + b + c));
  const scale = peak === 0 ? 0 : 38 / peak;
  const svg = $("chart");
  while (svg.childElementCount < 3 * seconds.length) svg.append(document.createElementNS(svg.namespaceURI, "rect"));
  seconds.forEach((bars, at) => {
    let y = 40;
    bars.forEach((n, kind) => {
      const height = n === 0 ? 0 : Math.max(n * scale, 1);
      y -= height;
      const bar = svg.children[3 * at + kind];
      bar.setAttribute("class", ["valid", "rejected", "failed"][kind]);
      const place = {x: at * 4 + .5, width: 3, y, height};
      for (const [name, value] of Object.entries(place)) bar.setAttribute(name, value);
    });
  });
  $("peak").textContent = peak === 0 ? "" : `peak ${count(peak)}`;
}

// The list.

function showEvents(events, kept) {
  const fresh = document.createDocumentFragment();
  const added = [];
  for (const event of events) {
    const known = rows.get(event.seq);
    if (known) {
      known.event = event;
      fill(known.node.firstChild, event);
      if (event.seq === chosen) open(event.seq);
    } else if (event.seq > newest) {
      const node = make("li", {}, row(event, "button"));
      added.push([event.seq, {event, node}]);
      fresh.append(node);
    }
  }
  for (const [seq, one] of added.reverse()) rows.set(seq, one);
  if (added.length > 0) newest = added.at(-1)[0];
  $("list").prepend(fresh);
  for (const [seq, {node}] of rows) {
    if (rows.size <= kept) break;
    node.remove();
    rows.delete(seq);
  }
  rove();
  offerTypes(added);
  const mine = added.find(([, {event}]) => posted !== null && event.id.split("/")[0] === posted);
  if (mine) open(mine[0]);
}

// row makes the line of an event: a button, or a div where there is nothing to open.
function row(event, tag) {
  const node = make(tag, {class: "row"});
  if (tag === "button") {
    node.type = "button";
    node.tabIndex = -1;
    node.dataset.seq = event.seq;
    node.addEventListener("click", () => open(event.seq, true));
  }
  fill(node, event);
  return node;
}

const places = {stored: "in Firehose", spilled: "spilled", validated: "validated", lake: "in the lake"};

function fill(node, event) {
  const steps = event.ms;
  const last = steps.lake ?? steps.validated ?? steps.stored ?? steps.spilled;
  const took = last === undefined ? "" : `${count(last)} ms`;
  const name = event.type || (event.verdict === "waiting" ? event.id : "no type");
  node.setAttribute("aria-current", String(event.seq === chosen && chosen !== null));
  node.replaceChildren(
    make("span", {class: "pill " + event.verdict}, event.verdict),
    make("span", {class: "type", title: event.type ?? event.id}, name),
    make("span", {class: "reason"}, event.reason ?? ""),
    make("span", {class: "where"}, places[event.where]),
    make("span", {class: "time"}, event.received_at ? clock(event.received_at) : ""),
    make("span", {class: "ms", title: "from the request to its last step"}, took),
  );
}

// rove leaves one row where Tab stops; the arrows go on from there.
function rove() {
  const list = $("list");
  const stop = list.querySelector('[tabindex="0"]');
  if (stop !== null && (stop === document.activeElement || stop.dataset.seq === String(chosen))) return;
  stop?.setAttribute("tabindex", "-1");
  (rows.get(chosen)?.node.firstChild ?? list.firstElementChild?.firstChild)?.setAttribute("tabindex", "0");
}

$("list").addEventListener("keydown", event => {
  const here = document.activeElement.closest("li");
  const next = {
    ArrowDown: here?.nextElementSibling, ArrowUp: here?.previousElementSibling,
    Home: $("list").firstElementChild, End: $("list").lastElementChild,
  }[event.key];
  if (!next) return;
  event.preventDefault();
  for (const stop of $("list").querySelectorAll('[tabindex="0"]')) stop.tabIndex = -1;
  next.firstChild.tabIndex = 0;
  next.firstChild.focus();
});

function offerTypes(added) {
  const known = new Set([...$("types").children].map(option => option.value));
  for (const [, {event}] of added) {
    if (event.type && !known.has(event.type) && known.size < 100) {
      known.add(event.type);
      $("types").append(make("option", {value: event.type}));
    }
  }
}

// The panel.

async function open(seq, byHand = false) {
  const before = rows.get(chosen)?.node.firstChild;
  chosen = seq;
  before?.setAttribute("aria-current", "false");
  rows.get(seq)?.node.firstChild.setAttribute("aria-current", "true");
  rove();
  let answer;
  try {
    answer = await (await fetch("detail?seq=" + seq)).json();
  } catch {
    return; // the connection's line says why
  }
  if (seq !== chosen) return;
  const panel = $("detail");
  const scrolled = panel.querySelector(".lines")?.scrollTop ?? 0;
  const focused = panel.contains(document.activeElement) ? document.activeElement.textContent : null;
  panel.replaceChildren(...(answer.error ? [closing(answer.error)] : describe(answer)));
  panel.hidden = false;
  const lines = panel.querySelector(".lines");
  if (lines && before === rows.get(seq)?.node.firstChild) lines.scrollTop = scrolled;
  if (focused !== null) [...panel.querySelectorAll("button")].find(b => b.textContent === focused)?.focus();
  if (byHand && matchMedia("(max-width: 60rem)").matches) {
    panel.scrollIntoView();
    panel.focus();
  }
}

function close() {
  const node = rows.get(chosen)?.node.firstChild;
  chosen = posted = null;
  node?.setAttribute("aria-current", "false");
  node?.focus();
  $("detail").hidden = true;
}

const closing = text =>
  make("div", {class: "title"}, make("h2", {}, text), make("button", {type: "button", onclick: close}, "Close"));

function describe(event) {
  const title = closing(event.type || "no type");
  title.prepend(make("span", {class: "pill " + event.verdict}, event.verdict));
  const parts = [title, make("p", {class: "id"}, event.id), timeline(event)];
  if (event.rest.length > 0) {
    parts.push(make("ul", {class: "findings", "aria-label": "Findings"}, ...event.rest.map(found =>
      make("li", {title: found.schema ?? ""}, (found.instance ? found.instance + ": " : "") + found.message))));
  }
  if (event.lines !== null) parts.push(layOut(event));
  parts.push(copies(event), facts(event));
  return parts;
}

function timeline(event) {
  const steps = [["accepted", 0, ""]];
  if (event.ms.spilled !== undefined) steps.push(["spilled", event.ms.spilled, "spilled"]);
  steps.push(["in Firehose", event.ms.stored]);
  steps.push([event.verdict === "failed" ? "given up" : "judged", event.ms.validated], ["in the lake", event.ms.lake]);
  return make("ol", {class: "steps", "aria-label": "Milliseconds from the request"}, ...steps.map(([name, ms, style]) =>
    make("li", {class: ms === undefined ? "ahead" : style ?? ""},
      make("b", {}, ms === undefined ? "–" : `${count(ms)} ms`), name)));
}

function layOut(event) {
  const isJSON = event.lines.some(line => line.parts.some(part => part.kind !== "word" && part.kind !== "fault"));
  const lines = event.lines.map(line => {
    const marks = line.marks ?? [];
    const node = make("div", {class: (marks.length > 0 ? "marked " : "") + (line.lacks ? "lacks" : "")},
      ...line.parts.map(part => make("span", {class: part.kind}, part.text)),
      ...marks.map(mark => make("span", {class: "found"}, mark)));
    node.style.paddingLeft = `${.8 + 1.2 * Math.min(line.depth, 20)}rem`;
    return node;
  });
  const style = isJSON ? "lines" : "lines plain";
  return make("div", {class: style, tabindex: "0", role: "group", "aria-label": "The event"}, ...lines);
}

function copies(event) {
  const button = (label, text, done) => make("button", {type: "button", onclick: () => copy(text, done)}, label);
  const curl = button("Copy as curl", event.curl, forTerminal);
  const example = button("Copy as schema example", event.example?.text,
    `Copied: save it below schemas as ${event.example?.path}`);
  curl.disabled = !event.curl;
  example.disabled = !event.example;
  if (!event.curl) curl.title = "The event is larger than what is kept here";
  if (!event.example) example.title = "No schema decided on this event, or it is larger than what is kept here";
  return make("span", {class: "actions"}, curl, example);
}

function facts(event) {
  const all = {
    reason: event.reason, object: event.object, payload: event.payload_object, received: event.received_at,
    from: event.ip, client: event.ua,
    bytes: count(event.bytes) + (event.cut ? ", of which the first 64 KiB are shown" : ""),
    example: event.example && "schemas/" + event.example.path,
  };
  return make("dl", {class: "facts"}, ...Object.entries(all).filter(([, value]) => value)
    .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

// What a person does.

const forTerminal = "Copied: paste it into a terminal";

let toasting;
function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("shown");
  clearTimeout(toasting);
  toasting = setTimeout(() => $("toast").classList.remove("shown"), 4000);
}

async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast("The browser does not let this page write to the clipboard");
  }
}

function write(event) {
  try {
    $("body").value = JSON.stringify(JSON.parse(event), null, 2);
  } catch {
    $("body").value = event;
  }
}

async function post() {
  const began = performance.now();
  const output = $("answer");
  let text, bad = true;
  try {
    // A string goes as text/plain, which needs no preflight.
    const answer = await fetch(about.endpoint + "/events", {method: "POST", body: $("body").value});
    const took = Math.round(performance.now() - began);
    const body = await answer.text();
    bad = !answer.ok;
    text = `${answer.status} in ${took} ms  ${body}`;
    if (answer.ok) openPosted(JSON.parse(body).id);
  } catch {
    text = "The browser may not read the answer: " +
      "this environment's Origins do not list this page, or make local has ended.";
  }
  output.textContent = text;
  output.className = bad ? "bad" : "";
}

// openPosted opens the event once it is judged, which it may be already.
function openPosted(id) {
  posted = id;
  const here = [...rows.values()].find(({event}) => event.id.split("/")[0] === id);
  if (here) open(here.event.seq);
}

async function command(path, done) {
  try {
    const answer = await (await fetch(path, {method: "POST"})).json();
    toast(answer.error ?? done);
  } catch {
    toast("No answer: is make local running?");
  }
}

let typing;
function refilter() {
  clearTimeout(typing);
  if (source !== null) typing = setTimeout(connect, 150);
}

function pause() {
  const stands = source !== null;
  $("pause").setAttribute("aria-pressed", String(stands));
  $("pause").textContent = stands ? "Resume" : "Pause";
  if (!stands) return connect();
  source.close();
  source = null;
  say("", "paused");
}

$("post").addEventListener("submit", event => { event.preventDefault(); post(); });
$("body").addEventListener("keydown", event => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  post();
});
$("use-valid").addEventListener("click", () => write(about.valid));
$("use-invalid").addEventListener("click", () => write(about.invalid));
$("filter").addEventListener("input", refilter);
$("filter").addEventListener("submit", event => event.preventDefault());
$("pause").addEventListener("click", pause);
$("flush").addEventListener("click", () => command("flush", "Everything is judged and in the lake"));
$("reset").addEventListener("click", () => command("reset", "Forgotten here; the lake keeps everything"));
for (const button of document.querySelectorAll("[data-copies]")) {
  button.addEventListener("click", () => copy($(button.dataset.copies).textContent, forTerminal));
}
document.addEventListener("keydown", event => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "/") { event.preventDefault(); $("text").focus(); }
  if (event.key === "p" || event.key === "P") pause();
  if (event.key === "Escape" && !$("detail").hidden) close();
});

connect();
