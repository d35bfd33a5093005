// Charts of the last minutes, drawn by uPlot (vendor/, MIT).

import { h, setText } from "./dom.js";
import { store } from "./store.js";
import uPlot from "./uPlot.esm.js";

const SECONDS = 300;
const SHORTEST = 60;
const HEIGHT = 150;

/**
 * `series(colors)` says which lines there are, `values(ticks)` gives a list for each. What a line is at last stands beside
 * its name, so that nothing has to be read off a picture.
 */
export function chart(title, series, values) {
  const legend = h("ul", { class: "legend" });
  const box = h("div", { class: "plot", "aria-hidden": "true" });
  const element = h("figure", { class: "card chart" }, h("figcaption", {}, title), legend, box);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let plot = null;
  let seen = -1;
  let lines = "";
  dark.addEventListener("change", again);

  function again() {
    plot?.destroy();
    plot = null;
    seen = -1;
  }

  function make(wanted, colors, width) {
    const axis = { stroke: colors.quiet, grid: { stroke: colors.line, width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const options = {
      width, height: HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      padding: [8, 26, 0, 0],
      scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] } },
      axes: [{ ...axis, size: 24, space: 84, values: (_, at) => at.map((it) => time(it)) }, { ...axis, size: 44, values: (_, at) => at.map(short) }],
      series: [{}, ...wanted.map((it) => ({ ...it, width: 2, points: { show: false }, spanGaps: true }))],
    };
    plot = new uPlot(options, [[], ...wanted.map(() => [])], box);
    legend.replaceChildren(...wanted.map((it) => {
      const mark = h("span", { class: "mark" });
      mark.style.background = it.stroke;
      return h("li", {}, mark, `${it.label} `, h("b", {}));
    }));
  }

  function draw() {
    const width = Math.floor(box.clientWidth);
    if (width === 0) return;
    const colors = palette(element);
    const wanted = series(colors);
    const names = wanted.map((it) => it.label).join("\n");
    if (names !== lines) again();
    lines = names;
    if (!plot) make(wanted, colors, width);
    if (plot.width !== width) plot.setSize({ width, height: HEIGHT });
    if (seen === store.changes.ticks) return;
    seen = store.changes.ticks;
    const ticks = store.ticks;
    const lists = values(ticks);
    const now = Math.floor((ticks.at(-1)?.at ?? store.now()) / 1000);
    plot.batch(() => {
      plot.setData([ticks.map((it) => it.at / 1000), ...lists], false);
      // As long as the emulator is young, what there is fills the width.
      const since = Math.min(now - SHORTEST, Math.floor((ticks[0]?.at ?? 0) / 1000));
      plot.setScale("x", { min: Math.max(now - SECONDS, since), max: now });
    });
    [...legend.children].forEach((item, index) => setText(item.lastChild, said(lists[index]?.findLast((it) => it !== null))));
  }

  return {
    element,
    draw,
    end() {
      dark.removeEventListener("change", again);
      plot?.destroy();
    },
  };
}

function palette(element) {
  const style = getComputedStyle(element);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    accent: color("accent"), accentSoft: color("accent-soft"), bad: color("bad"), warn: color("warn"), quiet: color("quiet"), line: color("line"),
    several: ["accent", "blue", "warn", "violet", "bad", "good"].map(color),
  };
}

const said = (value) => (value === undefined ? "–" : short(value));

function short(value) {
  if (value >= 10_000) return `${Math.round(value / 1000)}k`;
  return value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(value < 1 ? 2 : 1);
}

function time(seconds) {
  const at = new Date(seconds * 1000);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((it) => String(it).padStart(2, "0")).join(":");
}
