// A long table of which only the rows that can be seen exist. Rows are kept by their key and changed in place.

import { h, keyed, setAttribute } from "./dom.js";

/** Rows above and below what can be seen, so that scrolling doesn't show holes. */
const SPARE = 6;

/**
 * `columns`: `{ name, class?, show(cell, item) }`. `key(item)` names a row. `link(item)`, when there is one, makes the first
 * cell a link. `label` is what a screen reader calls the table.
 */
export function list({ label, columns, key, link, rowClass, empty }) {
  const body = h("div", { class: "rows", role: "rowgroup" });
  const none = h("p", { class: "empty" }, empty);
  const head = h("div", { role: "rowgroup", class: "list-head" },
    h("div", { role: "row", class: "row head", "aria-rowindex": 1 }, columns.map((column) => h("span", { role: "columnheader", class: column.class }, column.name))));
  const table = h("div", { role: "table", "aria-label": label, class: "table" }, head, body);
  const scroller = h("div", { class: "list", tabindex: 0, role: "region", "aria-label": `${label}, scrolls` }, table, none);
  let items = [];
  let redraw = () => {};
  scroller.addEventListener("scroll", () => redraw(), { passive: true });

  function make(item) {
    const cells = columns.map((column) => h("span", { role: "cell", class: column.class }));
    const row = h("div", { role: "row", class: "row" }, cells);
    row.cells = cells;
    if (link) {
      const anchor = h("a", { href: link(item), class: "row-link" });
      cells[0].append(anchor);
      row.cells = [anchor, ...cells.slice(1)];
    }
    return row;
  }

  function update(row, { item, index }) {
    columns.forEach((column, place) => column.show(row.cells[place], item));
    setAttribute(row, "aria-rowindex", index + 2);
    const transform = `translateY(${index * row.height}px)`;
    if (row.style.transform !== transform) row.style.transform = transform;
    const name = `row ${rowClass?.(item) ?? ""}`.trimEnd();
    if (row.className !== name) row.className = name;
  }

  return {
    element: scroller,
    set onscroll(listener) {
      redraw = listener;
    },
    /** Shows these items, the first of them on top. */
    draw(all) {
      items = all;
      const height = parseFloat(getComputedStyle(scroller).getPropertyValue("--row")) || 40;
      const first = Math.max(0, Math.floor(scroller.scrollTop / height) - SPARE);
      const last = Math.min(items.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + SPARE);
      const total = `${items.length * height}px`;
      if (body.style.height !== total) body.style.height = total;
      setAttribute(table, "aria-rowcount", items.length + 1);
      none.hidden = items.length > 0;
      const shown = items.slice(first, last).map((item, place) => ({ item, index: first + place }));
      keyed(body, shown, ({ item }) => key(item), ({ item }) => make(item), (row, entry) => {
        row.height = height;
        update(row, entry);
      });
    },
  };
}
