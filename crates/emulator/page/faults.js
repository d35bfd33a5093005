// Faults on purpose: switches for those that one tries first, a form for all others, and what has happened.

import { api } from "./api.js";
import { field, h, keyed, notice, options, setAttribute, setText } from "./dom.js";
import { plural } from "./format.js";
import { store } from "./store.js";

const OPERATIONS = ["start", "list", "describe", "stop", "join", "leave", "locations", "tag", "logs", "artifacts"];

const PRESETS = [
  { name: "Lose the answer to every start", hint: "The session runs, and nobody was told.", rule: { operation: "start", cut: true, when: "after" } },
  { name: "Cut starts off", hint: "The connection closes before anything happens.", rule: { operation: "start", cut: true } },
  { name: "Answer with a gateway's page", hint: "503 and HTML to everything.", rule: { status: 503, garbage: true } },
  { name: "Refuse to stop", hint: "500, and the session goes on.", rule: { operation: "stop", status: 500 } },
  { name: "Be slow", hint: "Half a second before each answer.", rule: { delay: "500ms" } },
  { name: "Fail a third of the calls", hint: "The same ones each time.", rule: { share: 0.33, status: 500 } },
];

export const fullRule = (location) => ({ operation: "start", location, full: true });

export const switches = {
  /** The fault that this rule has become, if it is set. */
  find: (rule) => store.faults.find((fault) => sameRule(fault, rule)),
};

function sameRule(fault, rule) {
  const operations = (it) => [it.operation ?? []].flat().join();
  return operations(fault) === operations(rule) && fault.count === undefined && fault.location === rule.location &&
    fault.share === (rule.share ?? 1) && fault.delay === rule.delay && fault.status === rule.status &&
    Boolean(fault.cut) === Boolean(rule.cut) && Boolean(fault.garbage) === Boolean(rule.garbage) &&
    Boolean(fault.full) === Boolean(rule.full) && fault.when === (rule.when ?? "before");
}

export function faultsView() {
  const presets = h("ul", { class: "presets" }, PRESETS.map(preset));
  const table = h("ul", { class: "faults" });
  const none = h("p", { class: "empty" }, "Nothing goes wrong on purpose.");
  const clear = h("button", { onclick: () => Promise.all(store.faults.map((it) => act(() => api.removeFault(it.id)))) }, "Remove all");
  const element = h("section", { class: "page", "aria-labelledby": "title" },
    h("div", { class: "bar" }, h("h1", { id: "title" }, "Faults"), h("p", { class: "quiet" }, "What does your matchmaker do when it goes wrong?")),
    h("h2", {}, "Switches"), presets,
    h("div", { class: "bar" }, h("h2", {}, "What is set"), h("span", { class: "spring" }), clear), table, none,
    h("h2", {}, "Another one"), form());

  function draw() {
    for (const item of presets.children) item.draw();
    keyed(table, store.faults, (it) => String(it.id), make, (node, fault) => {
      setText(node.count, `${plural(fault.happened, "time")} of ${fault.count === undefined ? "any number" : fault.count}, ${plural(fault.matched, "call")} meant`);
    });
    none.hidden = store.faults.length > 0;
    clear.hidden = store.faults.length === 0;
  }

  return { element, draw };
}

async function act(what) {
  try {
    await what();
  } catch (error) {
    notice(error.message, true);
  }
}

function preset({ name, hint, rule }, index) {
  const id = `preset-${index}`;
  const button = h("button", { role: "switch", class: "switch", "aria-checked": "false", "aria-describedby": id, onclick: toggle }, name);
  const item = h("li", { class: "card" }, button, h("p", { class: "quiet", id }, hint));
  function toggle() {
    const own = switches.find(rule);
    act(() => (own ? api.removeFault(own.id) : api.addFault(rule)));
  }
  item.draw = () => setAttribute(button, "aria-checked", switches.find(rule) !== undefined);
  return item;
}

function make(fault) {
  const count = h("span", { class: "quiet" });
  const said = describe(fault);
  const node = h("li", { class: "card fault" },
    h("span", { class: "badge", "data-tone": "warn" }, `#${fault.id}`), h("span", { class: "grow" }, said), count,
    h("button", { "aria-label": `Remove fault ${fault.id}: ${said}`, onclick: () => act(() => api.removeFault(fault.id)) }, "Remove"));
  node.count = count;
  return node;
}

function describe(fault) {
  const effects = [];
  if (fault.delay) effects.push(`waits ${fault.delay}`);
  if (fault.cut) effects.push("is cut off");
  if (fault.garbage) effects.push(`gets HTML${fault.status ? ` and ${fault.status}` : ""}`);
  else if (fault.status) effects.push(`gets ${fault.status}`);
  if (fault.full) effects.push("finds no room");
  const calls = fault.operation ? fault.operation.join(", ") : "every call";
  const where = fault.location ? ` in ${fault.location}` : "";
  const share = fault.share < 1 ? ` (${Math.round(fault.share * 100)} of 100)` : "";
  const when = fault.when === "after" ? ", after it took effect" : "";
  return `${calls}${where}${share} ${effects.join(" and ")}${when}`;
}

function form() {
  const operation = h("select");
  const location = h("select");
  const effect = h("select", {}, [["status", "a status"], ["cut", "cut off"], ["garbage", "a page of HTML"], ["full", "no room (420)"], ["delay", "only a delay"]].map(([value, name]) => h("option", { value }, name)));
  const status = h("input", { inputmode: "numeric", value: "503", pattern: "[0-9]*" });
  const delay = h("input", { placeholder: "250ms", spellcheck: "false" });
  const when = h("select", {}, h("option", { value: "before" }, "instead of it"), h("option", { value: "after" }, "after it took effect"));
  const share = h("input", { inputmode: "decimal", value: "1" });
  const count = h("input", { inputmode: "numeric", value: "1", pattern: "[0-9]*" });
  const error = h("p", { class: "error", role: "alert" });
  options(operation, OPERATIONS, "every call");
  location.addEventListener("focus", () => options(location, store.locations.map((it) => it.id), "anywhere"));
  options(location, store.locations.map((it) => it.id), "anywhere");
  return h("form", { class: "card", onsubmit: add },
    h("div", { class: "fields" },
      field("Which call", operation), field("Where", location), field("What it gets", effect), field("Status", status),
      field("Delay before it", delay), field("When", when), field("Share of calls, 0 to 1", share), field("How often at most", count, "Empty: without end")),
    error, h("div", { class: "bar end" }, h("button", { class: "primary" }, "Add the fault")));

  async function add(event) {
    event.preventDefault();
    const rule = {};
    if (operation.value) rule.operation = operation.value;
    if (location.value) rule.location = location.value;
    if (["status", "garbage"].includes(effect.value) && status.value) rule.status = Number(status.value);
    if (["cut", "garbage", "full"].includes(effect.value)) rule[effect.value] = true;
    if (delay.value) rule.delay = delay.value;
    if (when.value === "after") rule.when = "after";
    if (share.value && share.value !== "1") rule.share = Number(share.value);
    if (count.value) rule.count = Number(count.value);
    error.textContent = "";
    try {
      await api.addFault(rule);
      notice("Added.");
    } catch (refused) {
      error.textContent = refused.message;
    }
  }
}
