// Opens and closes the dashboard for a bench: node speed.mjs BASE_URL. Reads `open HASH` or `close` from stdin, a line
// each, until that ends, and answers each with a line: how long the script of each frame took since then, in milliseconds.
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

import { launch } from "../../../xtask/node/chromium.mjs";

const baseUrl = process.argv[2];
const browser = await launch(chromium);
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
console.log("[]");
for await (const line of createInterface({ input: process.stdin })) {
  const [what, hash] = line.split(" ");
  const frames = await page.evaluate(() => window.matchportFrames ?? []).catch(() => []);
  await page.goto(what === "open" ? `${baseUrl}/${hash}` : "about:blank");
  if (what === "open") {
    await page.locator("#connection[data-state=live]").waitFor();
    await page.locator(".rows .row").first().waitFor();
    // What it takes to open it is another question.
    await page.waitForTimeout(500);
    await page.evaluate(() => (window.matchportFrames.length = 0));
  }
  console.log(JSON.stringify(frames));
}
await browser.close();
