// Starting a session by hand, as a matchmaker would.

import { api } from "./api.js";
import { field, h, notice, options } from "./dom.js";
import { store } from "./store.js";

export function startDialog() {
  const opener = document.activeElement;
  const image = h("select");
  const location_ = h("select");
  const version = h("select");
  const id = h("input", { autocomplete: "off", spellcheck: "false", maxlength: 255 });
  const ttl = h("input", { inputmode: "numeric", value: "600", pattern: "[0-9]*" });
  const env = h("textarea", { rows: 3, spellcheck: "false", placeholder: "MAP=dust2" });
  const players = h("input", { autocomplete: "off", spellcheck: "false", placeholder: "ada, bo" });
  const error = h("p", { class: "error", role: "alert" });
  const submit = h("button", { class: "primary" }, "Start");
  const dialog = h("dialog", { "aria-labelledby": "start-title", onclose: close },
    h("form", { onsubmit: start },
      h("h2", { id: "start-title" }, "Start a session"),
      h("div", { class: "fields" },
        field("Image", image), field("Location", location_), field("Version", version),
        field("Time to live, in seconds", ttl, "Empty: no limit"),
        field("Session id", id, "Empty: the emulator chooses one"),
        field("Players who join", players, "Separated by commas"),
        field("Environment", env, "NAME=value, one a line; never shown again")),
      error,
      h("div", { class: "bar end" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), submit)));
  const fillVersions = () => options(version, store.images.find((it) => it.name === image.value)?.tags ?? [], "as the priorities say");
  options(image, store.images.map((it) => it.name));
  options(location_, store.locations.map((it) => it.id));
  image.addEventListener("change", fillVersions);
  fillVersions();
  document.body.append(dialog);
  dialog.showModal();

  async function start(event) {
    event.preventDefault();
    error.textContent = "";
    submit.disabled = true;
    try {
      const body = { image: image.value, location: location_.value };
      if (id.value) body.id = id.value;
      if (version.value) body.version = version.value;
      if (ttl.value) body.ttl = Number(ttl.value);
      if (env.value.trim()) body.env = variables(env.value);
      const started = await api.start(body);
      const names = players.value.split(",").map((name) => name.trim()).filter(Boolean);
      if (names.length > 0) await api.join(started.id, names);
      notice(`Started ${started.id}`);
      dialog.close();
      window.location.hash = `#/sessions/${encodeURIComponent(started.id)}`;
    } catch (refused) {
      error.textContent = refused.message;
    } finally {
      submit.disabled = false;
    }
  }

  function close() {
    dialog.remove();
    opener?.focus();
  }
}

function variables(text) {
  const pairs = text.split("\n").filter((line) => line.trim()).map((line) => {
    const equals = line.indexOf("=");
    if (equals < 1) throw new Error(`A line of the environment is no NAME=value.`);
    return [line.slice(0, equals).trim(), line.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}
