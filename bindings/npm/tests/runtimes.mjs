// How the suite gets into each runtime and its results out: a function a runtime.
import { execFile, execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { launch } from "../../../crates/xtask/node/chromium.mjs";
import { bundled } from "./bundlers.mjs";
import { conformance } from "./conformance.mjs";
import { examples } from "./examples.mjs";
import { packaging } from "./packaging.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** Where a program of the installed packages is. */
export const tool = (name) => join(here, "node_modules", name);
const exec = promisify(execFile);

export const runtimes = {
  packaging,
  examples,
  node20: (setting) => inProcess(setting, [process.execPath]),
  node24: (setting) => inProcess(setting, [tool(`node-${process.platform}-${process.arch}/bin/node`)]),
  deno: (setting) => inProcess(setting, [tool(".bin/deno"), "run", "--no-lock", "--node-modules-dir=manual", "--allow-net"], false),
  bun: (setting) => inProcess(setting, [tool(`@oven/bun-${process.platform}-${process.arch}/bin/bun`)]),
  workerd,
  "edge-runtime": edgeRuntime,
  lambda,
  chromium,
  esbuild: (setting) => bundle(setting, "esbuild"),
  vite: (setting) => bundle(setting, "vite"),
  webpack: (setting) => bundle(setting, "webpack"),
  ...conformance,
};

/** Installs the tarball, as a user would. */
export function install({ folder, tarball }) {
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const options = ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", tarball];
  execFileSync("npm", options, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  cpSync(join(here, "suite.mjs"), join(folder, "suite.mjs"));
}

/** Runs a program that ends with its results on the last line, and has to end by itself. */
export async function results(command, folder) {
  const [program, ...options] = command;
  const { stdout } = await exec(program, options, { cwd: folder, timeout: 180_000, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

async function inProcess(setting, command, commonJs = true) {
  const { folder, baseUrl } = setting;
  install(setting);
  writeFileSync(join(folder, "main.mjs"), main("matchport", "./suite.mjs", baseUrl));
  const found = await results([...command, "main.mjs"], folder);
  if (commonJs) {
    writeFileSync(join(folder, "main.cjs"), mainCommonJs(baseUrl));
    found.push(...(await results([...command, "main.cjs"], folder)));
  }
  return found;
}

/** A program that runs the suite; that it ends shows that nothing keeps a process alive. */
export function main(matchport, suite, baseUrl) {
  return `import * as matchport from ${JSON.stringify(matchport)};
import { run } from ${JSON.stringify(suite)};
console.log(JSON.stringify(await run(matchport, { baseUrl: ${JSON.stringify(baseUrl)} })));
`;
}

function mainCommonJs(baseUrl) {
  return `const { Matchport, MatchportError } = require("matchport");
const client = new Matchport({ token: "local", baseUrl: ${JSON.stringify(baseUrl)} });
(async () => {
  const locations = await client.locations("demo");
  const error = await client.session("no-such").catch((error) => error);
  const ok = locations.length > 0 && error instanceof MatchportError && error.code === "not_found";
  console.log(JSON.stringify([{ name: "through require", error: ok ? null : String(error) }]));
})();
`;
}

async function workerd(setting) {
  const worker = await startWorker(setting, join(here, "worker.mjs"));
  try {
    const response = await worker.dispatchFetch(`http://worker/?baseUrl=${encodeURIComponent(setting.baseUrl)}`);
    return await response.json();
  } finally {
    await worker.dispose();
  }
}

/** A Worker whose entry and what that imports from beside it are copied into the folder, with the package. */
export async function startWorker({ folder, tarball }, entry, ...beside) {
  install({ folder, tarball });
  const { build } = await import("esbuild");
  const bundle = join(folder, "worker.js");
  for (const file of [entry, ...beside]) cpSync(file, join(folder, "src", basename(file)));
  const core = {
    name: "core",
    setup: (it) => it.onResolve({ filter: /core\.wasm$/ }, () => ({ path: "./core.wasm", external: true })),
  };
  const options = { bundle: true, format: "esm", conditions: ["workerd"], platform: "neutral", plugins: [core] };
  await build({ ...options, entryPoints: [join(folder, "src", basename(entry))], outfile: bundle });
  const { Miniflare } = await import("miniflare");
  return new Miniflare({
    modules: [
      { type: "ESModule", path: bundle },
      { type: "CompiledWasm", path: join(folder, "core.wasm"), contents: readFileSync(join(folder, "node_modules/matchport/core.wasm")) },
    ],
    modulesRoot: folder,
    compatibilityDate: "2026-01-01",
  });
}

async function edgeRuntime({ folder, tarball, baseUrl }) {
  install({ folder, tarball });
  const { build } = await import("esbuild");
  writeFileSync(join(folder, "entry.mjs"), `import * as matchport from "matchport";
import { run } from "./suite.mjs";
globalThis.results = run(matchport, { baseUrl: ${JSON.stringify(baseUrl)} });
`);
  const core = {
    name: "core",
    setup(it) {
      it.onResolve({ filter: /core\.wasm\?module$/ }, ({ path }) => ({ path, namespace: "core" }));
      it.onLoad({ filter: /.*/, namespace: "core" }, () => ({ contents: "export default globalThis.CORE_MODULE" }));
    },
  };
  const options = { bundle: true, format: "iife", conditions: ["edge-light"], platform: "neutral", plugins: [core] };
  const { outputFiles } = await build({ ...options, entryPoints: [join(folder, "entry.mjs")], write: false });
  const { EdgeRuntime } = await import("edge-runtime");
  const bytes = readFileSync(join(folder, "node_modules/matchport/core.wasm"));
  const vm = new EdgeRuntime({
    // As the platform does: a module that was compiled at deployment.
    extend: (context) => Object.assign(context, { CORE_BYTES: bytes }),
  });
  vm.evaluate("globalThis.CORE_MODULE = new WebAssembly.Module(new Uint8Array(CORE_BYTES))");
  vm.evaluate(outputFiles[0].text);
  return await vm.evaluate("results.then((it) => JSON.stringify(it))").then(JSON.parse);
}

/** A handler in one file, without the package beside it, called like Lambda calls it. */
async function lambda({ folder, tarball, baseUrl }) {
  install({ folder, tarball });
  writeFileSync(join(folder, "handler.mjs"), `import * as matchport from "matchport";
import { run } from "./suite.mjs";
export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(await run(matchport, event)) });
`);
  const { build } = await import("esbuild");
  const outfile = join(folder, "deployed/index.js");
  const options = { bundle: true, platform: "node", format: "cjs", target: "node20" };
  await build({ ...options, entryPoints: [join(folder, "handler.mjs")], outfile });
  writeFileSync(join(folder, "deployed/package.json"), '{ "type": "commonjs" }\n');
  const caller = `import lambda from "./deployed/index.js";
const { body } = await lambda.handler({ baseUrl: ${JSON.stringify(baseUrl)} }, {});
console.log(body);
`;
  writeFileSync(join(folder, "caller.mjs"), caller);
  return results([process.execPath, "caller.mjs"], folder);
}

async function chromium({ folder, tarball, baseUrl }) {
  install({ folder, tarball });
  const { build } = await import("esbuild");
  writeFileSync(join(folder, "page.mjs"), `import * as matchport from "matchport";
import { run } from "./suite.mjs";
window.suite = async () => {
  const found = await run(matchport, { baseUrl: location.origin });
  let thrown;
  try { new matchport.Matchport({ token: "abc" }); } catch (error) { thrown = error; }
  const guarded = thrown?.field === "token" ? null : "a token in a page was taken";
  return [...found, { name: "a token in a page is refused", error: guarded }];
};
`);
  const options = { bundle: true, format: "esm", platform: "browser", write: false };
  const { outputFiles } = await build({ ...options, entryPoints: [join(folder, "page.mjs")] });
  const server = await serve(outputFiles[0].text, baseUrl);
  const { chromium } = await import("playwright-core");
  const browser = await launch(chromium);
  try {
    const page = await browser.newPage();
    const said = [];
    page.on("pageerror", (error) => said.push(`error on the page: ${error.message}`));
    await page.goto(`http://127.0.0.1:${server.address().port}/page`);
    const found = await page.evaluate(() => window.suite());
    return [...found, { name: "nothing was left unhandled", error: said.length > 0 ? said.join("\n") : null }];
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

/** The page, and behind the same origin the emulator: pages may not ask other origins. */
async function serve(script, baseUrl) {
  const server = createServer((request, response) => {
    if (request.url === "/page") {
      response.setHeader("content-type", "text/html");
      return response.end('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/script.js"></script>');
    }
    if (request.url === "/script.js") {
      response.setHeader("content-type", "text/javascript; charset=utf-8");
      return response.end(script);
    }
    const { method, headers } = request;
    const ask = forward(baseUrl + request.url, { method, headers: { ...headers, host: new URL(baseUrl).host } }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    response.on("close", () => ask.destroy());
    ask.on("error", () => response.destroy());
    request.pipe(ask);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Bundled into one folder, which then runs without the package beside it. */
async function bundle(setting, name) {
  const { folder, baseUrl } = setting;
  install(setting);
  writeFileSync(join(folder, "main.mjs"), main("matchport", "./suite.mjs", baseUrl));
  const file = await bundled[name](folder);
  const alone = join(setting.folder, "..", `${name}-alone`);
  cpSync(dirname(file), alone, { recursive: true });
  return results([process.execPath, pathToFileURL(join(alone, file.slice(dirname(file).length + 1))).pathname], alone);
}
