// The vectors of crates/conformance, played to the driver and the packed core in three runtimes. The driver is bundled from
// its source, with a clock, timers and random bytes of the vectors' in place of the runtime's.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { install, results, tool } from "./runtimes.mjs";

const crate = join(dirname(fileURLToPath(import.meta.url)), "../../../crates/conformance");

export const conformance = {
  "vectors-node": (setting) => inProcess(setting, [process.execPath]),
  "vectors-deno": (setting) => inProcess(setting, [tool(".bin/deno"), "run", "--no-lock", "--allow-read"]),
  "vectors-workerd": inWorker,
};

async function inProcess(setting, command) {
  const { folder } = setting;
  const count = await prepare(setting);
  const main = `import { readFile } from "node:fs/promises";
import { play } from "./play.js";
import { faulty, files } from "./vectors.mjs";
const core = await readFile(new URL("./node_modules/matchport/core.wasm", import.meta.url));
console.log(JSON.stringify([await play(files, core), await play(faulty, core)]));
`;
  writeFileSync(join(folder, "main.mjs"), main);
  return counted(await results([...command, "main.mjs"], folder), count);
}

async function inWorker(setting) {
  const { folder } = setting;
  const count = await prepare(setting);
  const worker = `import core from "./core.wasm";
import { play } from "./play.js";
import { faulty, files } from "./vectors.mjs";
export default { fetch: async () => Response.json([await play(files, core), await play(faulty, core)]) };
`;
  const { Miniflare } = await import("miniflare");
  const read = (path) => readFileSync(join(folder, path));
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: join(folder, "worker.mjs"), contents: worker },
      { type: "ESModule", path: join(folder, "play.js"), contents: read("play.js") },
      { type: "ESModule", path: join(folder, "vectors.mjs"), contents: read("vectors.mjs") },
      { type: "CompiledWasm", path: join(folder, "core.wasm"), contents: read("node_modules/matchport/core.wasm") },
    ],
    modulesRoot: folder,
    compatibilityDate: "2026-01-01",
  });
  try {
    const response = await miniflare.dispatchFetch("http://worker/");
    return counted(await response.json(), count);
  } finally {
    await miniflare.dispose();
  }
}

/** Puts what a runtime needs into the folder. Gives the number of vectors. */
async function prepare({ folder, tarball }) {
  install({ folder, tarball });
  const [files, faulty] = [read("vectors"), read("faulty")];
  const text = `export const files = ${JSON.stringify(files)};\nexport const faulty = ${JSON.stringify(faulty)};\n`;
  writeFileSync(join(folder, "vectors.mjs"), text);
  const glue = {
    name: "glue",
    setup: (it) => it.onResolve({ filter: /\/glue\.js$/ }, () => ({ path: join(dirname(tarball), "bound/glue.js") })),
  };
  const { build } = await import("esbuild");
  await build({
    bundle: true,
    format: "esm",
    platform: "neutral",
    plugins: [glue],
    entryPoints: [join(crate, "runners/js/play.mjs")],
    inject: [join(crate, "runners/js/virtual.mjs")],
    define: {
      "performance.now": "virtual.now",
      "crypto.getRandomValues": "virtual.randomValues",
      setTimeout: "virtual.setTimeout",
      clearTimeout: "virtual.clearTimeout",
    },
    outfile: join(folder, "play.js"),
  });
  return files.reduce((sum, { file }) => sum + file.vectors.length, 0);
}

/** The vectors in a folder of the crate, by their files. */
function read(folder) {
  const names = readdirSync(join(crate, folder)).filter((name) => name.endsWith(".json")).sort();
  return names.map((name) => ({ name: name.slice(0, -5), file: JSON.parse(readFileSync(join(crate, folder, name), "utf8")) }));
}

/** A vector that did not run is a failure, and so is a faulty one that went well. */
function counted([found, faulty], count) {
  const error = found.length === count && count > 0 ? null : `${found.length} of ${count} vectors ran`;
  const right = faulty.filter((it) => it.error === null).map((it) => it.name);
  const unseen = right.length === 0 && faulty.length > 0 ? null : `taken for right: ${JSON.stringify(right)}`;
  return [...found, { name: "every vector ran", error }, { name: "every mistake is found", error: unseen }];
}
