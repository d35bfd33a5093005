// Each view in each look: what axe finds, whether it fits, whether the dark is dark.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const looks = {
  light: {},
  dark: { colorScheme: "dark" },
  "light, 390 px wide": { viewport: { width: 390, height: 844 }, hasTouch: true },
  "dark, 390 px wide": { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: "dark" },
};

export const accessibility = Object.fromEntries(Object.entries(looks).map(([name, more]) => [`everybody can use every view: ${name}`, async ({ start, open, ask }) => {
  const emulator = await start();
  const send = ask(emulator);
  await send("POST", "/_emulator/faults", { operation: "start", status: 503, share: 0.2 });
  const id = "a-long-id-that-has-to-fit-somewhere-0123456789-0123456789-0123456789";
  await send("POST", "/session", { image: "demo", location: "eu-west-1", id, ttl: 600, env: { KEY: "x" }, labels: { mode: "ranked" } });
  await send("PUT", "/session/player/join", { session: id, players: ["ada", "bo"] });
  await send("POST", "/session", { image: "demo", location: "eu-west-1", id });
  const page = await open(emulator, "/", { reducedMotion: "reduce", ...more });
  await page.locator("#connection[data-state=live]").waitFor();
  const isDark = more.colorScheme === "dark";
  const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
  assert.equal(back[0] < 60, isDark, String(back));
  const views = [["#/"], ["#/sessions"], [`#/sessions/${id}`, "pre.log"], ["#/requests", ".rows .row"], ["#/faults", ".fault"]];
  for (const [hash, ready = "h1"] of views) {
    await page.evaluate((hash) => (location.hash = hash), hash);
    await page.locator(ready).first().waitFor();
    if (hash === "#/requests") await page.locator(".rows .row").first().click();
    if (hash === "#/sessions") await page.getByRole("button", { name: "Start a session" }).click();
    await page.waitForTimeout(300);
    await check(page, hash);
    if (hash === "#/sessions") {
      await page.keyboard.press("Escape");
      await check(page, hash);
    }
  }
}]));

async function check(page, hash) {
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width[0] <= width[1], `${hash} is ${width[0]} px wide in ${width[1]}`);
  // Through the debugger, which the policy of the page does not bind.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  const found = violations.flatMap((it) => it.nodes.map((node) => `${it.id} (${it.help}): ${node.html}\n  ${node.failureSummary}`));
  assert.deepEqual(found, [], hash);
}
