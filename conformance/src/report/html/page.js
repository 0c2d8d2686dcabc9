"use strict";
const all = JSON.parse(document.getElementById("data").textContent);
const find = (id) => document.getElementById(id);
const make = (name, text, attributes = {}) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};
const nameOf = (results) => [results.subject?.name ?? "unknown client", results.subject?.version].filter(Boolean).join(" ");
const words = (verdict) => verdict.replace("_", " ");
const isRed = (result) => ["fail", "warn", "error"].includes(result.verdict);

// Cases in the order of the first file in which they stand, each with one result a subject.
const cases = new Map();
all.forEach((results, subject) => results.cases.forEach((result) => {
  if (!cases.has(result.id)) cases.set(result.id, { first: result, results: [] });
  cases.get(result.id).results[subject] = result;
}));

find("summary").textContent = all.map((results) =>
  `${nameOf(results)}: ${Object.entries(results.counts).filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${words(verdict)}`).join(", ")}` +
  (results.set ? `, set ${results.set}` : "") + (results.partial ? " (interrupted)" : "")).join(" · ");
for (const name of new Set([...cases.values()].map((entry) => entry.first.specification)))
  find("specification").append(make("option", name));

const head = make("tr");
head.append(make("th", "Case", { scope: "col" }), make("th", "Section", { scope: "col" }));
for (const results of all) head.append(make("th", nameOf(results), { scope: "col" }));
document.querySelector("#matrix thead").append(head);

function draw() {
  const text = find("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const verdict = find("verdict").value, specification = find("specification").value;
  const body = document.querySelector("#matrix tbody");
  body.replaceChildren();
  for (const [id, { first, results }] of cases) {
    const haystack = [id, first.title, first.section, first.specification, ...first.rows].join(" ").toLowerCase();
    const fits = (result) => !verdict || (verdict === "red" ? isRed(result) : result.verdict === verdict);
    if (!text.every((word) => haystack.includes(word)) || (specification && first.specification !== specification)
      || !results.some((result) => result && fits(result))) continue;
    const row = make("tr"), title = make("th", id, { scope: "row" });
    title.append(make("br"), make("small", first.title, { class: "title" }));
    row.append(title, make("td", `${first.section} ${first.level}`));
    all.forEach((_, subject) => {
      const cell = make("td"), result = results[subject];
      if (result) {
        const button = make("button", words(result.verdict), { class: result.verdict, type: "button" });
        button.addEventListener("click", () => open(id, subject));
        cell.append(button);
      } else cell.textContent = "–";
      row.append(cell);
    });
    body.append(row);
  }
  find("count").textContent = `${body.children.length} of ${cases.size} cases`;
}

function open(id, subject) {
  const result = cases.get(id)?.results[subject];
  if (!result) return;
  find("title").textContent = `${id}: ${words(result.verdict)} (${nameOf(all[subject])})`;
  const about = find("about");
  about.replaceChildren(make("p", result.title));
  const part = (title, ...content) => about.append(make("h3", title), ...content);
  if (result.detail) part("What was expected, and what was seen", make("p", result.detail));
  if (result.reason) part("Expected, because", make("p", result.reason));
  part("What must hold", ...result.requirements.map((row) =>
    make("p", `${row.id} (${row.source}, ${row.level}): ${row.statement}`)));
  if (result.advice) part("What to do", make("p", result.advice));
  part("Run it again", make("pre", result.again));
  const trace = result.trace;
  if (trace) {
    if (trace.callbacks.length) part("The callback as the client received it", make("pre", trace.callbacks.join("\n")));
    part("What happened", diagram(trace), details(trace));
    for (const token of trace.id_tokens)
      part(token.label, make("pre", `${token.token}\n${JSON.stringify(token.header)}\n${JSON.stringify(token.claims)}`));
    if (trace.stderr.trim()) part("Standard error of the client", make("pre", trace.stderr));
  }
  location.hash = `${subject}/${id}`;
  const dialog = find("case");
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function details(trace) {
  const box = make("div");
  trace.events.forEach((event, number) => {
    const item = make("details");
    item.append(make("summary", `${number + 1}. ${event.from} → ${event.to}: ${event.title}${event.answer ? `, answered ${event.answer}` : ""}`));
    item.append(make("pre", [...event.lines, ...(event.body.length ? ["answer:", ...event.body] : []), ...event.faults.map((fault) => `! ${fault}`),
      ...event.notes.map((note) => `* ${note}`)].join("\n")));
    box.append(item);
  });
  if (trace.left_out) box.append(make("p", `and ${trace.left_out} more`));
  return box;
}

// A sequence diagram: one lane a party, time downwards.
function diagram(trace) {
  const lanes = [...new Set(trace.events.flatMap((event) => [event.from, event.to]))];
  const width = Math.max(560, lanes.length * 190), at = (lane) => (lanes.indexOf(lane) + 0.5) * width / lanes.length;
  const parts = [];
  const draw = (name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parts.push(element);
  };
  const short = (text, length) => text.length > length ? `${text.slice(0, length - 1)}…` : text;
  let y = 48;
  const arrow = (from, to, text, kind, dashed) => {
    const [left, right] = [at(from), at(to)], back = left > right;
    draw("text", { x: (left + right) / 2, y: y - 5, "text-anchor": "middle", class: kind }, short(text, 44));
    draw("line", { x1: left, y1: y, x2: right, y2: y, class: `arrow ${kind}`, ...(dashed ? { "stroke-dasharray": "4 3" } : {}) });
    const tip = right + (back ? 7 : -7);
    for (const dy of [-4, 4]) draw("line", { x1: right, y1: y, x2: tip, y2: y + dy, class: `arrow ${kind}` });
    y += 26;
  };
  trace.events.forEach((event, number) => {
    const kind = event.faults.length ? "bad" : "";
    arrow(event.from, event.to, `${number + 1}. ${event.title}`, kind, false);
    if (event.answer) arrow(event.to, event.from, event.answer, kind, true);
    for (const note of [...event.faults, ...event.notes]) {
      draw("text", { x: Math.min(at(event.from), at(event.to)) + 6, y: y - 8, class: event.faults.includes(note) ? "bad" : "note" }, short(note, 76));
      y += 18;
    }
  });
  const lines = parts.splice(0);
  lanes.forEach((lane) => {
    draw("line", { x1: at(lane), y1: 24, x2: at(lane), y2: y });
    draw("text", { x: at(lane), y: 16, "text-anchor": "middle" }, lane);
  });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${y + 8}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Sequence diagram; the same messages follow as a list");
  svg.append(...parts, ...lines);
  const box = make("div", undefined, { class: "scroll", tabindex: "0" });
  box.append(svg);
  return box;
}

for (const id of ["search", "verdict", "specification"]) find(id).addEventListener("input", draw);
find("filters").addEventListener("submit", (event) => event.preventDefault());
find("case").addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/input|select/i.test(document.activeElement.tagName)) { event.preventDefault(); find("search").focus(); }
});
if (all.some((results) => results.cases.some(isRed))) find("verdict").value = "red";
draw();
const [, subject, id] = /^#(\d+)\/(.+)$/.exec(decodeURIComponent(location.hash)) ?? [];
if (id) open(id, Number(subject));
