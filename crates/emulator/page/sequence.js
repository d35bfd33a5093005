// The requests of one allocation as a sequence: who asked what when, what came back, and what became of the session.

import { h, svg } from "./dom.js";
import { clock, outcome, statusNames, took, tone, visible } from "./format.js";

const ROW = 46;
const TOP = 34;
/** How wide a letter is. */
const LETTER = 6.7;
/** With more, the latest are drawn. */
const MOST = 40;

export function sequence() {
  const picture = svg("svg", { class: "sequence", role: "img", "aria-label": "The same as a picture", "aria-hidden": "true" });
  const list = h("ol", { class: "visually-hidden" });
  const none = h("p", { class: "quiet" }, "No request about it is kept.");
  const element = h("div", { class: "sequence-box" }, picture, list, none);
  let drawn = "";

  function draw(requests, moments) {
    const events = merge(requests, moments);
    const width = Math.max(280, element.clientWidth || 480);
    const what = JSON.stringify([width, events.map((it) => [it.at, it.text, it.answer])]);
    if (what === drawn) return;
    drawn = what;
    none.hidden = events.length > 0;
    picture.toggleAttribute("hidden", events.length === 0);
    list.replaceChildren(...events.map((it) => h("li", {}, `${clock(it.at)}: ${it.text}${it.answer ? `, answered ${it.answer}` : ""}`)));
    if (events.length > 0) paint(events, width);
  }

  function paint(events, width) {
    const height = TOP + events.length * ROW + 12;
    const client = Math.max(56, width * 0.12);
    const server = width - Math.max(34, width * 0.1);
    const service = client + (server - client) * 0.68;
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("width", width);
    picture.setAttribute("height", height);
    const lanes = [["matchmaker", client], ["emulator", service], ["session", server]];
    picture.replaceChildren(
      ...lanes.flatMap(([name, x]) => [
        svg("text", { x, y: 14, class: "lane", "text-anchor": "middle" }, name),
        svg("line", { x1: x, x2: x, y1: 22, y2: height, class: "life" }),
      ]),
      ...events.flatMap((event, index) => {
        const y = TOP + index * ROW;
        const gap = index > 0 ? event.at - events[index - 1].at : 0;
        const waited = gap >= 1 ? [svg("text", { x: 2, y: y + 2, class: "gap" }, `+${took(gap)}`)] : [];
        return [...waited, ...(event.request ? exchange(event, y, client, service) : moment(event, y, service, server))];
      }));
  }

  return { element, draw };
}

function exchange({ request, text, answer }, y, from, to) {
  const most = Math.floor((to - from - 20) / LETTER);
  const shown = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  const isLost = request.status === null;
  // A dashed line says that it was a fault, too.
  const room = isLost ? most - 3 : most;
  const became = answer.length > room ? answer.replace(", a fault", "") : answer;
  const end = isLost ? from + 14 : from;
  const name = `${tone(request)}${request.fault ? " fault" : ""}`;
  const back = [
    svg("line", { x1: to, x2: end + (isLost ? 0 : 6), y1: y + 26, y2: y + 26, class: `arrow back ${name}` }),
    isLost
      ? svg("path", { d: `M${end - 5} ${y + 21}l10 10m0 -10l-10 10`, class: `cross ${name}` })
      : svg("path", { d: `M${end + 7} ${y + 22}l-7 4l7 4`, class: `tip ${name}` }),
    svg("text", { x: to - 8, y: y + 22, class: `said ${name}`, "text-anchor": "end" }, became),
  ];
  return [
    svg("line", { x1: from, x2: to - 6, y1: y + 8, y2: y + 8, class: "arrow" }),
    svg("path", { d: `M${to - 7} ${y + 4}l7 4l-7 4`, class: "tip" }),
    svg("text", { x: from + 8, y: y + 4, class: "said" }, shown),
    ...back,
  ];
}

function moment({ text, status }, y, from, to) {
  return [
    svg("circle", { cx: to, cy: y + 12, r: 5, class: "moment", "data-tone": status }),
    svg("text", { x: to, y: y + 32, class: "said", "text-anchor": "middle" }, text),
  ];
}

/** In the order in which they happened. */
function merge(requests, moments) {
  const asked = requests.map((request) => ({
    at: request.at,
    request,
    text: visible(`${request.method} ${request.path.split("?")[0].replace(/^(\/session)\/(?!player).*/, "$1/…")}`),
    answer: `${outcome(request)}, ${took(request.took)}${request.fault ? ", a fault" : ""}`,
  }));
  const became = moments.filter((it) => it.what === "status" && it.status !== "created")
    .map((it) => ({ at: it.at, text: statusNames[it.status] ?? it.status, status: it.status, answer: "" }));
  return [...asked, ...became].sort((one, other) => one.at - other.at).slice(-MOST);
}
