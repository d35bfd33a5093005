// Runs the suite in each runtime, from the packed tarball installed into a fresh folder:
//   node run.mjs TARBALL EMULATOR_PROGRAM WORK_DIR [RUNTIME]...
// Prints a line a test and, for each runtime, the line that libtest would print.
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import { startEmulator } from "../../../crates/xtask/node/emulator.mjs";
import { runtimes } from "./runtimes.mjs";

const [tarball, program, work] = process.argv.slice(2, 5).map((path) => resolve(path));
const wanted = process.argv.slice(5);
const names = wanted.length > 0 ? wanted : Object.keys(runtimes);

const emulator = await startEmulator(program, join(work, "emulator"));
let failures = 0;
try {
  for (const name of names) failures += await runOne(name);
} finally {
  emulator.kill("SIGTERM");
}
process.exitCode = failures > 0 ? 1 : 0;

async function runOne(name) {
  const start = Date.now();
  const folder = join(work, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let results;
  try {
    results = await runtimes[name]({ folder, tarball, baseUrl: emulator.baseUrl });
  } catch (error) {
    results = [{ name: "runs", error: String(error?.stack ?? error) }];
  }
  const failed = results.filter((it) => it.error !== null);
  for (const it of results) console.log(`${name}: ${it.name} ... ${it.error === null ? "ok" : `FAILED\n${it.error}`}`);
  const verdict = failed.length === 0 && results.length > 0 ? "ok" : "FAILED";
  const passed = results.length - failed.length;
  const seconds = ((Date.now() - start) / 1000).toFixed(2);
  console.log(`test result: ${verdict}. ${passed} passed; ${failed.length} failed; finished in ${seconds}s\n`);
  return failed.length + (results.length === 0 ? 1 : 0);
}
