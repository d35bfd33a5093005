// The package.json of the tarball. Conditions are matched from top to bottom: runtimes that also call themselves `node`
// or `browser` come before those, and `default` is last.

/** @param {string} version */
export function manifest(version) {
  const esm = (file, types = "index") => ({ types: `./dist/types/${types}.d.ts`, default: `./dist/${file}.js` });
  const cjs = (file, types = "index") => ({ types: `./dist/types/${types}.d.cts`, default: `./dist/${file}.cjs` });
  return {
    name: "matchport",
    version,
    description: "Gets a match onto a dedicated game server, in every JavaScript runtime: the Session API with placement, failover and backfill",
    keywords: ["matchmaking", "game-server", "gameye", "session", "serverless", "edge", "wasm"],
    license: "MIT OR Apache-2.0",
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    main: "./dist/node.cjs",
    module: "./dist/inlined.js",
    types: "./dist/types/index.d.cts",
    exports: {
      ".": {
        workerd: esm("workerd"),
        "edge-light": esm("edge-light"),
        deno: esm("inlined"),
        bun: esm("bun"),
        node: { import: esm("node"), require: cjs("node") },
        default: { import: esm("inlined"), require: cjs("inlined") },
      },
      "./slim": { import: esm("slim", "entry/slim"), require: cjs("slim", "entry/slim") },
      "./core.wasm": "./core.wasm",
      "./package.json": "./package.json",
    },
    files: ["dist", "slim", "core.wasm", "LICENSE-MIT", "LICENSE-APACHE"],
  };
}
