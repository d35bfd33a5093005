// What a game server writes, as it writes it: as text, whatever it is.

import { api } from "./api.js";
import { h, setText } from "./dom.js";
import { visible } from "./format.js";

/** How much is shown, in characters; the oldest goes first. */
const MOST = 512 * 1024;
/** How much goes into one element, so that the oldest can go. */
const PIECE = 16 * 1024;

export function logPanel(id) {
  const text = h("pre", { class: "log", tabindex: 0, role: "region", "aria-label": "Log" });
  const follows = h("input", { type: "checkbox", checked: true });
  const state = h("span", { class: "quiet" }, "following");
  const element = h("section", { class: "card log-card" },
    h("div", { class: "bar" }, h("h2", {}, "Log"), state, h("span", { class: "spring" }), h("label", { class: "check" }, follows, "Scroll along")),
    text);
  const ending = new AbortController();
  let waiting = "";
  let length = 0;
  let frame = null;
  read();

  async function read() {
    try {
      const response = await api.log(id, ending.signal);
      // Bytes that are not UTF-8 become a sign that says so.
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        waiting += value;
        if (waiting.length > 2 * MOST) waiting = waiting.slice(-MOST);
        frame ??= requestAnimationFrame(write);
      }
      setText(state, "complete");
    } catch (error) {
      if (!ending.signal.aborted) setText(state, `broke off: ${error.message}`);
    }
  }

  function write() {
    frame = null;
    const shown = visible(waiting);
    waiting = "";
    const last = text.lastChild;
    if (last && last.length < PIECE) last.appendData(shown);
    else text.append(document.createTextNode(shown));
    length += shown.length;
    while (length > MOST && text.childNodes.length > 1) {
      length -= text.firstChild.length;
      text.firstChild.remove();
    }
    if (follows.checked) text.scrollTop = text.scrollHeight;
  }

  return {
    element,
    end() {
      ending.abort();
      if (frame !== null) cancelAnimationFrame(frame);
    },
  };
}
