// Elements and their texts. Nothing here or elsewhere reads HTML: whatever comes from outside becomes a text node.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, listeners (`onclick: ...`) and children. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Changes a text only when it is another one, since each change costs a layout. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Makes the children of a parent those of a list, keeping what is there of a key. `update(node, item)` shows an item. */
export function keyed(parent, items, key, make, update) {
  const known = (parent.known ??= new Map());
  const wanted = new Set();
  let before = null;
  for (const item of items) {
    const name = key(item);
    wanted.add(name);
    let node = known.get(name);
    if (!node) known.set(name, (node = make(item)));
    update?.(node, item);
    const place = before ? before.nextSibling : parent.firstChild;
    if (place !== node) parent.insertBefore(node, place);
    before = node;
  }
  for (const [name, node] of known) {
    if (wanted.has(name)) continue;
    node.remove();
    known.delete(name);
  }
}

/** A label with its field. The label is real text, so that a click on it leads to the field. */
export function field(label, input, hint) {
  input.id ||= `field-${(field.count = (field.count ?? 0) + 1)}`;
  const said = hint && h("span", { class: "hint", id: `${input.id}-hint` }, hint);
  if (said) input.setAttribute("aria-describedby", said.id);
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input, said);
}

export function options(select, values, none) {
  const items = none === undefined ? values : [none, ...values];
  keyed(select, items, (value) => value, (value) => h("option", { value: value === none ? "" : value }, value));
}

/** Tells something once, for the eyes and for a screen reader. */
export function notice(text, isBad = false) {
  const notices = document.getElementById("notices");
  const shown = h("p", { class: isBad ? "notice bad" : "notice" }, text);
  notices.append(shown);
  while (notices.childElementCount > 4) notices.firstChild.remove();
  setTimeout(() => shown.remove(), 6000);
}
