// Runs each example of the repository from the packed tarball, and looks at what it says.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { install } from "./runtimes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, "../../../examples");
const exec = promisify(execFile);

export async function examples(setting) {
  install(setting);
  const results = [];
  for (const [name, run] of Object.entries({ node, deno, lambda, workers })) {
    const folder = join(setting.folder, name);
    mkdirSync(folder);
    cpSync(join(sources, name), folder, { recursive: true });
    let error = null;
    try {
      await run(folder, setting.baseUrl);
    } catch (thrown) {
      error = String(thrown?.stack ?? thrown);
    }
    results.push({ name: `examples/${name}`, error });
  }
  results.push({ name: "the README's example", error: await readme(setting) });
  return results;
}

/** The example of the repository's README, with the address of the emulator at hand. */
async function readme({ folder, baseUrl }) {
  try {
    const [, example] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(sources, "../README.md"), "utf8"));
    const local = 'environment: "local"';
    if (!example.includes(local)) throw new Error(`no ${local} in it`);
    writeFileSync(join(folder, "readme.mjs"), example.replace(local, `baseUrl: ${JSON.stringify(baseUrl)}`));
    expect(await ran([process.execPath, "readme.mjs"], folder, baseUrl), /^127\.0\.0\.1:\d+$/m);
    return null;
  } catch (thrown) {
    return String(thrown?.stack ?? thrown);
  }
}

async function node(folder, baseUrl) {
  const said = await ran([process.execPath, "main.mjs"], folder, baseUrl);
  expect(said, /connect to 127\.0\.0\.1:\d+ in eu-west-1[\s\S]*players: 2/);
}

async function deno(folder, baseUrl) {
  const program = join(here, "node_modules/.bin/deno");
  const options = ["run", "--no-lock", "--node-modules-dir=manual", "--allow-net", "--allow-env", "main.ts"];
  expect(await ran([program, ...options], folder, baseUrl), /cy and di (open|join) 127\.0\.0\.1:\d+/);
}

async function lambda(folder, baseUrl) {
  const { build } = await import("esbuild");
  const outfile = join(folder, "index.cjs");
  await build({ entryPoints: [join(folder, "handler.mjs")], bundle: true, platform: "node", format: "cjs", outfile });
  const event = JSON.stringify({
    "detail-type": "GameLift Matchmaking Event",
    detail: { type: "MatchmakingSucceeded", matchId: `m-${Date.now()}`, tickets: [{ players: [{ playerId: "ada" }] }] },
  });
  // Twice, as EventBridge may.
  const program = `const { handler } = require("./index.cjs");
(async () => { const one = await handler(${event}); const two = await handler(${event});
console.log(one.session === two.session && one.endpoint === two.endpoint ? "one server" : "two servers", one.endpoint); process.exit(); })();`;
  expect(await ran([process.execPath, "-e", program], folder, baseUrl), /one server 127\.0\.0\.1:\d+/);
}

/** The isolate dies after the start was sent and before its answer came; another goes on from the stored ticket. */
async function workers(folder, baseUrl) {
  const { build } = await import("esbuild");
  const bundle = join(folder, "bundle.js");
  const core = { name: "core", setup: (it) => it.onResolve({ filter: /core\.wasm$/ }, () => ({ path: "./core.wasm", external: true })) };
  await build({ entryPoints: [join(folder, "worker.mjs")], bundle: true, format: "esm", conditions: ["workerd"], plugins: [core], outfile: bundle });
  const proxy = await listen(baseUrl);
  const address = `http://127.0.0.1:${proxy.server.address().port}`;
  const options = {
    modules: [
      { type: "ESModule", path: bundle },
      { type: "CompiledWasm", path: join(folder, "core.wasm"), contents: readFileSync(join(folder, "../node_modules/matchport/core.wasm")) },
    ],
    modulesRoot: folder,
    compatibilityDate: "2026-01-01",
    durableObjects: { MATCHES: { className: "Match", useSQLite: true } },
    durableObjectsPersist: join(folder, "storage"),
    bindings: { MATCHPORT_TOKEN: "local", MATCHPORT_BASE_URL: address },
  };
  const { Miniflare } = await import("miniflare");
  const body = JSON.stringify({ locations: ["eu-west-1"] });
  const ask = async (worker) => worker.dispatchFetch("http://worker/matches/m-1", { method: "POST", body });
  try {
    proxy.swallow = true;
    const first = new Miniflare(options);
    const lost = ask(first).catch(() => {});
    await proxy.swallowed;
    await first.dispose();
    await lost;
    proxy.swallow = false;
    const second = new Miniflare(options);
    try {
      const response = await ask(second);
      const result = await response.json();
      expect(result.endpoint ?? JSON.stringify(result), /^127\.0\.0\.1:\d+$/);
      if (!result.adopted) throw new Error("the session that was started first was not adopted");
      if (proxy.starts !== 1) throw new Error(`${proxy.starts} starts were sent`);
      const again = await (await ask(second)).json();
      if (again.id !== result.id) throw new Error("another session");
    } finally {
      await second.dispose();
    }
  } finally {
    proxy.server.closeAllConnections();
    proxy.server.close();
  }
}

/** Passes everything on to the emulator, and while `swallow` is set gives no answer to a start. */
async function listen(baseUrl) {
  const proxy = { swallow: false, starts: 0 };
  proxy.swallowed = new Promise((resolve) => (proxy.resolve = resolve));
  proxy.server = createServer((request, response) => {
    const { method, headers } = request;
    if (method === "POST") proxy.starts++;
    const ask = forward(baseUrl + request.url, { method, headers: { ...headers, host: new URL(baseUrl).host } }, (answer) => {
      if (proxy.swallow && method === "POST") return void answer.resume().on("end", proxy.resolve);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    ask.on("error", () => response.destroy());
    request.pipe(ask);
  });
  await new Promise((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
  return proxy;
}

async function ran([program, ...options], cwd, baseUrl) {
  const env = { ...process.env, MATCHPORT_BASE_URL: baseUrl, MATCHPORT_TOKEN: "local", MATCHPORT_IMAGE: "demo", MATCHPORT_LOCATIONS: "eu-west-1" };
  const { stdout } = await exec(program, options, { cwd, env, timeout: 60_000 });
  return stdout;
}

function expect(text, pattern) {
  if (!pattern.test(text)) throw new Error(`said: ${text}`);
}
