// The dashboard in Chromium, by doing what a person does: node run.mjs PROGRAM WORK_DIR [TEST]...
// Prints a line a test, and at the end the line that libtest would print.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { chromium } from "playwright-core";

import { launch } from "../../../xtask/node/chromium.mjs";
import { startEmulator } from "../../../xtask/node/emulator.mjs";
import { client } from "./scene.mjs";
import { tests } from "./tests.mjs";

const [program, work] = process.argv.slice(2, 4).map((path) => resolve(path));
const wanted = process.argv.slice(4);

// What a game server may write: an escape sequence, HTML, bytes that are not UTF-8, a bell, text from right to left.
const CONFIG = `
grace = "2s"

[[location]]
id = "eu-west-1"
capacity = 3

[[location]]
id = "us-east-1"

[[image]]
name = "loud"
command = ["/bin/sh", "-c", '''
printf '\\033[31mred\\033[0m <img src=x onerror="document.title=1"><script>document.title=2</script>\\n'
printf 'bytes \\377\\376 bell \\007 \\342\\200\\256turned\\n'
mkdir saves; echo '{"winner":"red"}' > saves/result.json
trap 'echo saving; exit 0' TERM
while :; do sleep 0.1 & wait $!; done
''']

[[image]]
name = "demo"
ports = ["7777/udp"]
`;

mkdirSync(work, { recursive: true });
const config = join(work, "emulator.toml");
writeFileSync(config, CONFIG);
const browser = await launch(chromium);
let passed = 0;
let failed = 0;
const begin = Date.now();
for (const [name, test] of Object.entries(tests)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const error = await run(test).catch((error) => error);
  console.log(`dashboard: ${name} ... ${error ? `FAILED\n${error.stack ?? error}` : "ok"}`);
  if (error) failed += 1;
  else passed += 1;
}
await browser.close();
const verdict = failed === 0 && passed > 0 ? "ok" : "FAILED";
console.log(`test result: ${verdict}. ${passed} passed; ${failed} failed; finished in ${((Date.now() - begin) / 1000).toFixed(2)}s`);
process.exitCode = verdict === "ok" ? 0 : 1;

/** Each test has an emulator and a browser window of its own, and fails on any word of complaint from the page. */
async function run(test) {
  const emulators = [];
  const start = async (...more) => {
    const emulator = await startEmulator(program, join(work, `emulator-${emulators.length}`), ["--config", config, ...more]);
    emulators.push(emulator);
    return emulator;
  };
  const contexts = [];
  const complaints = [];
  /** A window on the dashboard, as somebody opens it. */
  const open = async (emulator, path = "/", more = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true, ...more });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => complaints.push(`error on the page: ${error.stack}`));
    // A refusal that a test asks for is told on the console too, as are connections to an emulator that is gone.
    page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && complaints.push(message.text()));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== "data:" && protocol !== "blob:" && origin !== new URL(emulator.baseUrl).origin) complaints.push(`asked ${request.url()}`);
    });
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    page.complaints = complaints;
    await page.goto(emulator.baseUrl + path);
    return page;
  };
  try {
    await test({ start, open, ask: (emulator, token) => client(emulator.baseUrl, token) });
    for (const context of contexts) {
      for (const page of context.pages()) complaints.push(...(await page.evaluate(() => window.violations)));
    }
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  } finally {
    for (const context of contexts) await context.close();
    for (const emulator of emulators) await ended(emulator);
  }
}

async function ended(emulator) {
  if (emulator.exitCode !== null || emulator.signalCode !== null) return;
  const exit = new Promise((resolve) => emulator.once("exit", resolve));
  emulator.kill("SIGTERM");
  await exit;
}
