// What can be said of the tarball without running it: its content, its declarations, its sizes.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

import { install } from "./runtimes.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** What the tarball holds; anything more, or less, is a mistake. */
const CONTENT = [
  /^(package\.json|README\.md|LICENSE-MIT|LICENSE-APACHE|core\.wasm|slim\/package\.json)$/,
  /^dist\/(node|inlined|slim|core-bytes)\.(js|cjs)$/,
  /^dist\/(bun|workerd|edge-light)\.js$/,
  /^dist\/types\/(entry\/slim|[a-z-]+)\.d\.c?ts$/,
];

export async function packaging({ folder, tarball }) {
  install({ folder, tarball });
  const results = [];
  const test = (name, check) => {
    try {
      check();
      results.push({ name, error: null });
    } catch (error) {
      results.push({ name, error: String(error?.message ?? error) });
    }
  };
  test("the tarball holds what it should", () => content(tarball));
  test("publint finds nothing", () => ran([join(here, "node_modules/.bin/publint"), "run", tarball, "--strict"]));
  test("attw finds nothing", () => {
    ran([join(here, "node_modules/.bin/attw"), tarball, "--no-color", "--exclude-entrypoints", "core.wasm"]);
  });
  cpSync(join(here, "consumer.ts"), join(folder, "consumer.ts"));
  cpSync(join(here, "consumer.ts"), join(folder, "consumer.cts"));
  const modern = join(here, "node_modules/typescript/bin/tsc");
  const old = join(here, "node_modules/typescript-old/bin/tsc");
  const ways = [
    ["an ES module", modern, "nodenext", "nodenext", "consumer.ts"],
    ["a CommonJS module", modern, "nodenext", "nodenext", "consumer.cts"],
    ["a bundler", modern, "esnext", "bundler", "consumer.ts"],
    ["the old resolution", old, "commonjs", "node10", "consumer.ts"],
  ];
  for (const [name, compiler, module, resolution, file] of ways) {
    test(`the declarations are strict for ${name}`, () => {
      const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,esnext.disposable,dom,dom.asynciterable"];
      options.push("--typeRoots", join(folder, "none"), "--module", module, "--moduleResolution", resolution, "--skipLibCheck", "false");
      ran([process.execPath, compiler, ...options, file], folder);
    });
  }
  test("the reference has a page for everything, and no warning", () => {
    ran([process.execPath, join(here, "../node_modules/typedoc/bin/typedoc"), "--out", join(folder, "reference")], join(here, ".."));
  });
  test("importing has no effect", () => noEffect(folder));
  test("requests say who asks and what they hold, over Node's transport and over fetch", () => {
    cpSync(join(here, "headers.mjs"), join(folder, "headers.mjs"));
    ran([process.execPath, "headers.mjs"], folder);
  });
  test("the JavaScript has at most 12 kB in brotli", () => {
    const size = brotliCompressSync(readFileSync(join(folder, "node_modules/matchport/dist/node.js"))).length;
    if (size > 12_000) throw new Error(`it has ${size}`);
  });
  return results;
}

function content(tarball) {
  const list = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
  const names = list.map((name) => name.replace(/^package\//, ""));
  const odd = names.filter((name) => !CONTENT.some((pattern) => pattern.test(name)));
  if (odd.length > 0) throw new Error(`too much: ${odd.join(", ")}`);
  for (const needed of ["core.wasm", "README.md", "dist/workerd.js", "dist/types/index.d.cts", "dist/node.cjs"]) {
    if (!names.includes(needed)) throw new Error(`missing: ${needed}`);
  }
}

/** No timer, no random number, nothing compiled and nothing asked for until there is a first operation. */
function noEffect(folder) {
  const program = `const forbid = (object, name) => { object[name] = () => { throw new Error(name + " at import"); }; };
for (const name of ["setTimeout", "setInterval", "fetch", "queueMicrotask"]) forbid(globalThis, name);
forbid(Math, "random"); forbid(crypto, "getRandomValues"); forbid(crypto, "randomUUID");
for (const name of ["compile", "instantiate", "Module", "Instance"]) forbid(WebAssembly, name);
const { Matchport } = await import("matchport");
new Matchport({ token: "t" });
`;
  writeFileSync(join(folder, "import.mjs"), program);
  ran([process.execPath, "import.mjs"], folder);
}

function ran([program, ...options], cwd) {
  const { status, stdout, stderr } = spawnSync(program, options, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
}
