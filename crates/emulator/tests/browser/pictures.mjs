// Pictures of each view: node pictures.mjs PROGRAM WORK_DIR PICTURES_DIR [--all] [--disk]
// `--all` takes those in the dark and at phone width of every view too; `--disk` takes the page from the checkout.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { launch } from "../../../xtask/node/chromium.mjs";
import { startEmulator } from "../../../xtask/node/emulator.mjs";
import { configure, play, shown } from "./scene.mjs";

const [program, work, pictures] = process.argv.slice(2, 5).map((path) => resolve(path));
const isAll = process.argv.includes("--all");
const isFromDisk = process.argv.includes("--disk");
const source = join(dirname(fileURLToPath(import.meta.url)), "../../page");

mkdirSync(work, { recursive: true });
mkdirSync(pictures, { recursive: true });
const emulator = await startEmulator(program, join(work, "emulator"), ["--config", configure(work, program)]);
const browser = await launch(chromium);
try {
  await play(emulator.baseUrl, isFromDisk ? 6 : 45);
  const wide = { width: 1280, height: 800 };
  const tall = { width: 1280, height: 1060 };
  const phone = { width: 390, height: 844 };
  const views = [
    ["overview", "#/", async () => {}],
    ["sessions", "#/sessions", async () => {}],
    ["session", `#/sessions/${shown}`, async (page) => page.locator("pre.log").getByText("dust2").waitFor()],
    ["requests", "#/requests", async (page) => {
      await page.getByRole("searchbox").fill(shown);
      await page.locator(".rows .row").last().click();
      await page.locator("svg.sequence circle").first().waitFor({ timeout: 5000 });
    }],
    ["faults", "#/faults", async () => {}],
  ];
  const looks = isAll
    ? [["light", wide], ["dark", wide], ["light", phone, "phone"], ["dark", phone, "phone"]]
    : [["light", tall]];
  for (const [scheme, size, suffix] of looks) {
    for (const [name, hash, prepare] of views) await take(name, hash, prepare, scheme, size, suffix);
  }
  if (!isAll) {
    await take("overview", "#/", async () => {}, "dark", tall);
    await take("session", views[2][1], views[2][2], "dark", phone, "phone");
  }
} finally {
  await browser.close();
  emulator.kill("SIGTERM");
}

async function take(name, hash, prepare, colorScheme, viewport, suffix) {
  const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: 1, reducedMotion: "reduce" });
  page.on("console", (message) => message.type() === "error" && console.error(name, message.text()));
  page.on("pageerror", (error) => console.error(name, error.stack));
  if (isFromDisk) await fromDisk(page);
  await page.goto(`${emulator.baseUrl}/${hash}`);
  await page.locator("#connection[data-state=live]").waitFor();
  await page.waitForTimeout(1500);
  await prepare(page);
  await page.waitForTimeout(300);
  const file = [name, colorScheme === "dark" && "dark", suffix].filter(Boolean).join("-");
  await page.screenshot({ path: join(pictures, `${file}.png`), fullPage: hash.includes(shown) || suffix === "phone" });
  await page.close();
}

/** The page as it is in the checkout, with the headers of the emulator. */
async function fromDisk(page) {
  await page.route(/\/(_emulator\/page\/[\w.]+)?$/, async (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1) || "index.html";
    const file = join(source, name.startsWith("uPlot") ? "vendor" : ".", name);
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: readFileSync(file), status: 200 });
  });
}
