// Makes the folder that becomes the tarball: node scripts/build.mjs BOUND_DIR PACKAGE_DIR
// BOUND_DIR holds what wasm-bindgen wrote. Nothing here depends on the time, the machine or the order of a folder.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { makeGlue } from "./glue.mjs";
import { manifest } from "./manifest.mjs";

const [bound, out] = process.argv.slice(2);
if (!bound || !out) throw new Error("usage: node scripts/build.mjs BOUND_DIR PACKAGE_DIR");
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(out, "dist");
rmSync(out, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

optimize(join(bound, "matchport_bg.wasm"), join(out, "core.wasm"));
const glue = join(bound, "glue.js");
writeFileSync(glue, makeGlue(readFileSync(join(bound, "matchport_bg.js"), "utf8")));
await bundles();
types();
rest();

/** Each feature by name: `--all-features` lets through what Node refuses. */
function optimize(from, to) {
  const features = ["bulk-memory", "bulk-memory-opt", "call-indirect-overlong", "multivalue", "mutable-globals"];
  features.push("nontrapping-float-to-int", "reference-types", "sign-ext", "simd");
  // What is inlined is written twice, and compresses worse than a call.
  const inlining = ["flexible", "one-caller", "always"].map((kind) => `--${kind}-inline-max-function-size=0`);
  const program = join(root, "node_modules/binaryen/bin/wasm-opt");
  const options = [...features.map((feature) => `--enable-${feature}`), "-Oz", ...inlining, "--strip-producers"];
  execFileSync(process.execPath, [program, from, "-o", to, ...options], { stdio: ["ignore", "inherit", "inherit"] });
}

async function bundles() {
  const core = readFileSync(join(out, "core.wasm")).toString("base64");
  const inlined = (start) => `${start}(()=>Uint8Array.from(atob("${core}"),(c)=>c.charCodeAt(0)));\n`;
  writeFileSync(join(dist, "core-bytes.js"), inlined("export const bytes="));
  writeFileSync(join(dist, "core-bytes.cjs"), inlined("exports.bytes="));
  const outside = {
    name: "outside",
    setup(build) {
      const extension = build.initialOptions.format === "cjs" ? "cjs" : "js";
      build.onResolve({ filter: /^#inlined$/ }, () => ({ path: `./core-bytes.${extension}`, external: true }));
      build.onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path }) => ({ path, external: true }));
      build.onResolve({ filter: /\/glue\.js$/ }, () => ({ path: glue }));
    },
  };
  const options = { bundle: true, minify: true, target: "es2022", platform: "neutral", external: ["node:*"] };
  const entry = (name) => join(root, `src/entry/${name}.ts`);
  const shared = { ...options, plugins: [outside], legalComments: "none", charset: "utf8" };
  for (const name of ["node", "bun", "workerd", "edge-light", "inlined", "slim"]) {
    await build({ ...shared, entryPoints: [entry(name)], format: "esm", outfile: join(dist, `${name}.js`) });
  }
  for (const name of ["node", "inlined", "slim"]) {
    await build({
      ...shared,
      entryPoints: [entry(name)],
      format: "cjs",
      outfile: join(dist, `${name}.cjs`),
      define: name === "node" ? { "import.meta.url": "here" } : {},
      banner: name === "node" ? { js: 'const here=require("node:url").pathToFileURL(__filename).href;' } : {},
    });
  }
}

/** One set of declarations for each kind of module: a CommonJS file may not refer to those of an ES module. */
function types() {
  const folder = join(dist, "types");
  const compiler = join(root, "node_modules/.bin/tsc");
  execFileSync(compiler, ["-p", root, "--outDir", folder], { stdio: ["ignore", "inherit", "inherit"] });
  cpSync(join(root, "src/glue.d.ts"), join(folder, "glue.d.ts"));
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    const text = readFileSync(join(folder, name), "utf8");
    writeFileSync(join(folder, name.replace(/\.d\.ts$/, ".d.cts")), text.replaceAll(/(\.\.?\/[\w./-]+)\.js"/g, '$1.cjs"'));
  }
  for (const name of ["node", "bun", "workerd", "edge-light", "inlined"]) {
    for (const kind of ["ts", "cts"]) rmSync(join(folder, `entry/${name}.d.${kind}`), { force: true });
  }
}

function rest() {
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
  writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest(version), null, 2)}\n`);
  mkdirSync(join(out, "slim"));
  const slim = { type: "commonjs", main: "../dist/slim.cjs", types: "../dist/types/entry/slim.d.cts" };
  writeFileSync(join(out, "slim/package.json"), `${JSON.stringify(slim, null, 2)}\n`);
  cpSync(join(root, "README.md"), join(out, "README.md"));
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) cpSync(join(root, "../..", name), join(out, name));
}
