// What a person does with the dashboard.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { accessibility } from "./accessibility.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const live = (page) => page.locator("#connection[data-state=live]").waitFor();

export const tests = {
  "a session is started by hand, joined, stopped, and its files are taken home": async ({ start, open }) => {
    const page = await open(await start());
    await page.getByRole("button", { name: "Start a session" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Image").selectOption("loud");
    await dialog.getByLabel("Session id").fill("by-hand");
    await dialog.getByLabel("Players who join").fill("ada, bo");
    await dialog.getByLabel("Environment").fill("MAP=dust2\nKEY=hunter2");
    await dialog.getByRole("button", { name: "Start" }).click();
    await page.getByRole("heading", { name: "by-hand" }).waitFor();
    await page.locator(".badge", { hasText: "running" }).first().waitFor();
    await page.getByText("ada, bo joined").waitFor();
    await page.getByLabel("Join by hand").fill("cleo");
    await page.getByRole("button", { name: "Join" }).click();
    await page.getByRole("button", { name: "cleo leaves" }).waitFor();
    await page.getByRole("button", { name: "bo leaves" }).click();
    await page.getByText("bo left").waitFor();
    assert.ok(!(await page.content()).includes("hunter2"));
    await page.getByText("KEY").waitFor();

    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".badge", { hasText: "exited" }).first().waitFor();
    await page.locator("pre.log", { hasText: "saving" }).waitFor();
    await page.locator(".log-card", { hasText: "complete" }).waitFor();
    await page.getByLabel("Path in its folder").fill("/saves");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
    assert.equal(download.suggestedFilename(), "by-hand.tar.gz");
    const file = execFileSync("tar", ["-xzOf", await download.path(), "saves/result.json"], { encoding: "utf8" });
    assert.equal(file.trim(), '{"winner":"red"}');
    await page.getByLabel("Path in its folder").fill("/nothing");
    await page.getByRole("button", { name: "Download" }).click();
    await page.locator(".notice.bad", { hasText: "artifact not found" }).waitFor();
  },

  "what a game server writes is text, whatever it is": async ({ start, open, ask }) => {
    const emulator = await start();
    await ask(emulator)("POST", "/session", { image: "loud", location: "eu-west-1", id: "loud", labels: { "<b>x</b>": "<img src=y onerror=alert(1)>" } });
    await ask(emulator)("PUT", "/session/player/join", { session: "loud", players: ["<i>ada</i>\u202e"] });
    await ask(emulator)("GET", "/session/<script>alert(1)</script>");
    const page = await open(emulator, "/#/sessions/loud");
    const log = page.locator("pre.log");
    await log.getByText("turned").waitFor();
    const text = await log.textContent();
    assert.ok(text.includes('␛[31mred␛[0m <img src=x onerror="document.title=1"><script>document.title=2</script>\n'), text);
    assert.ok(text.includes("bytes \ufffd\ufffd bell ␇ <U+202E>turned\n"), text);
    await page.getByText("<i>ada</i><U+202E> joined").waitFor();
    await page.getByText("<img src=y onerror=alert(1)>").waitFor();
    assert.equal(await page.locator("main :is(img, script, i)").count(), 0);
    assert.equal(await page.title(), "Session · matchport emulator");
    await page.getByRole("link", { name: "Requests" }).click();
    await page.getByText("/session/%3Cscript%3E").first().waitFor();
  },

  "a start that is refused says why, and nothing is lost of what was typed": async ({ start, open, ask }) => {
    const emulator = await start();
    await ask(emulator)("POST", "/session", { image: "demo", location: "eu-west-1", id: "taken" });
    const page = await open(emulator, "/#/sessions");
    await page.getByRole("link", { name: "taken" }).waitFor();
    await page.getByRole("button", { name: "Start a session" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Session id").fill("taken");
    await dialog.getByRole("button", { name: "Start" }).click();
    await dialog.getByRole("alert").getByText("duplicate session id").waitFor();
    await dialog.getByLabel("Time to live").fill("0");
    await dialog.getByRole("button", { name: "Start" }).click();
    await dialog.getByRole("alert").getByText("ttl").waitFor();
    assert.equal(await dialog.getByLabel("Session id").inputValue(), "taken");
  },

  "a fault is switched on, seen to happen, drawn, and switched off": async ({ start, open, ask }) => {
    const emulator = await start();
    const page = await open(emulator, "/#/faults");
    const lost = page.getByRole("switch", { name: "Lose the answer to every start" });
    await lost.click();
    await page.locator("[role=switch][aria-checked=true]").waitFor();
    assert.equal(await ask(emulator)("POST", "/session", { image: "demo", location: "eu-west-1", id: "lost" }), null);
    await page.getByText("1 time of any number").waitFor();
    await lost.click();
    await page.getByText("Nothing goes wrong on purpose.").waitFor();
    assert.equal((await ask(emulator)("POST", "/session", { image: "demo", location: "eu-west-1", id: "lost" })).status, 409);

    await page.getByRole("link", { name: "Requests" }).click();
    await page.getByRole("row", { name: /POST \/session cut/ }).click();
    await page.getByText("A fault has closed the connection").waitFor();
    const events = page.locator(".sequence-box li");
    await events.nth(2).waitFor({ state: "attached" });
    const texts = await events.allTextContents();
    assert.match(texts[0], /POST \/session, answered cut, .*a fault/);
    assert.match(texts[1], /running/);
    assert.match(texts.at(-1), /POST \/session, answered 409/);
    assert.equal(await page.locator("svg.sequence .cross").count(), 1);
    await page.getByLabel("Which requests").selectOption("failed");
    assert.equal(await page.getByRole("table", { name: "Requests" }).getByRole("row").count(), 3);
  },

  "a fault of one's own is added and removed, and a location is played full": async ({ start, open, ask }) => {
    const emulator = await start();
    const page = await open(emulator, "/#/faults");
    await page.getByLabel("Which call").selectOption("describe");
    await page.getByLabel("Status").fill("502");
    await page.getByRole("button", { name: "Add the fault" }).click();
    await page.getByText("describe gets 502").waitFor();
    assert.equal((await ask(emulator)("GET", "/session/x")).status, 502);
    await page.getByText("1 time of 1,").waitFor();
    await page.getByRole("button", { name: "Remove fault 1" }).click();
    await page.getByText("Nothing goes wrong on purpose.").waitFor();
    await page.getByLabel("Share of calls").fill("7");
    await page.getByRole("button", { name: "Add the fault" }).click();
    await page.getByRole("alert").getByText("share").waitFor();

    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("switch", { name: "Play full: us-east-1" }).click();
    await page.getByText("full, by a fault").waitFor();
    assert.equal((await ask(emulator)("POST", "/session", { image: "demo", location: "us-east-1" })).status, 420);
    await page.getByRole("switch", { name: "Play full: us-east-1" }).click();
    await page.getByText("full, by a fault").waitFor({ state: "detached" });
    for (const id of ["a", "b", "c"]) await ask(emulator)("POST", "/session", { image: "demo", location: "eu-west-1", id });
    await page.getByText("3 of 3 in use").waitFor();
    assert.equal(await page.getByRole("meter", { name: "In use in eu-west-1" }).getAttribute("aria-valuenow"), "3");
  },

  "a location is drained, lost, opened again, and given room": async ({ start, open, ask }) => {
    const emulator = await start();
    const send = ask(emulator);
    const startAt = async (location, id) => (await send("POST", "/session", { image: "demo", location, id })).status;
    assert.equal(await startAt("us-east-1", "there"), 201);
    const page = await open(emulator);
    const card = page.locator(".location", { hasText: "us-east-1" });
    await card.locator(".badge", { hasText: "open" }).waitFor();
    await card.getByLabel("State of us-east-1").selectOption("draining");
    await card.locator(".badge", { hasText: "draining" }).waitFor();
    await page.getByRole("row", { name: /there draining/ }).waitFor();
    assert.equal(await startAt("us-east-1", "one-more"), 420);
    await card.getByLabel("State of us-east-1").selectOption("unreachable");
    await page.getByRole("row", { name: /there unreachable/ }).waitFor();
    await card.getByLabel("State of us-east-1").selectOption("open");
    await page.getByRole("row", { name: /there running/ }).waitFor();

    const capacity = card.getByLabel("Capacity of us-east-1");
    await capacity.fill("1");
    await capacity.press("Enter");
    await card.getByText("1 of 1 in use").waitFor();
    await card.locator(".badge", { hasText: "full" }).waitFor();
    assert.equal(await startAt("us-east-1", "one-more"), 420);
    for (const wrong of ["many", "-1"]) {
      await capacity.fill(wrong);
      await capacity.press("Enter");
      await page.locator(".notice.bad").last().waitFor();
      await page.waitForFunction((input) => input.value === "1", await capacity.elementHandle());
    }
    await capacity.fill("");
    await capacity.press("Enter");
    await card.getByText("1 session, no limit").waitFor();
    assert.equal(await startAt("us-east-1", "one-more"), 201);
    // What somebody else changes shows as well.
    await send("PUT", "/_emulator/locations/us-east-1", { capacity: 7, state: "draining" });
    await card.getByText("2 of 7 in use").waitFor();
    assert.equal(await card.getByLabel("State of us-east-1").inputValue(), "draining");
  },

  "with the keyboard alone": async ({ start, open }) => {
    const page = await open(await start());
    await live(page);
    const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.tagName);
    const tabTo = async (text) => {
      for (let step = 0; step < 40 && (await focused()) !== text; step += 1) await page.keyboard.press("Tab");
      assert.equal(await focused(), text);
    };
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to the content");
    await tabTo("Sessions");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Sessions", exact: true }).waitFor();
    await tabTo("Start a session");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await focused(), "Start a session");
    await page.keyboard.press("Enter");
    for (let step = 0; step < 4; step += 1) await page.keyboard.press("Tab");
    await page.keyboard.type("typed");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "typed" }).waitFor();
    await tabTo("Stop");
    await page.keyboard.press("Enter");
    await page.locator(".badge", { hasText: /exited|dead/ }).first().waitFor();
  },

  "after the emulator was started again it goes on, without a reload": async ({ start, open, ask }) => {
    const first = await start();
    await ask(first)("POST", "/session", { image: "demo", location: "eu-west-1", id: "before" });
    const page = await open(first, "/#/sessions");
    await page.getByRole("link", { name: "before" }).waitFor();
    await page.evaluate(() => (window.isTheSame = true));
    first.kill("SIGKILL");
    await page.locator("#connection[data-state=waiting]").waitFor();
    const second = await start("--listen", new URL(first.baseUrl).host);
    await live(page);
    await page.getByRole("link", { name: "before" }).waitFor({ state: "detached" });
    await ask(second)("POST", "/session", { image: "demo", location: "eu-west-1", id: "after" });
    await page.getByRole("link", { name: "after" }).waitFor();
    assert.equal(await page.evaluate(() => window.isTheSame), true);
  },

  "a token of its own has to be typed, and a wrong one is told": async ({ start, open }) => {
    const emulator = await start("--token", "s3cret-token");
    const page = await open(emulator);
    const field = page.getByLabel("Token with the permission");
    await page.getByRole("alert").getByText("was given a token of its own").waitFor();
    await field.fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("not known here").waitFor();
    await field.fill("s3cret-token");
    await page.getByRole("button", { name: "Look" }).click();
    await live(page);
    await page.getByText("eu-west-1").first().waitFor();
    assert.ok(!(await page.content()).includes("s3cret"));
    assert.equal(await page.evaluate(() => document.cookie + JSON.stringify(localStorage)), "{}");
  },

  "another page can't see or steer it": async ({ start, open }) => {
    const [own, other] = [await start(), await start()];
    const page = await open(other);
    await live(page);
    page.complaints.length = 0;
    const results = await page.evaluate(async (target) => {
      const ask = (path, options) => fetch(target + path, options).then(() => "answered", () => "refused");
      const headers = { authorization: "Bearer local" };
      return Promise.all([ask("/_emulator/state", { headers }), ask("/session", { method: "POST", headers, body: "{}" }), ask("/", {})]);
    }, own.baseUrl);
    assert.deepEqual(results, ["refused", "refused", "refused"]);
    const frame = await page.context().newPage();
    await frame.setContent(`<iframe src="${own.baseUrl}/"></iframe>`);
    await frame.waitForTimeout(500);
    assert.equal(await frame.frames()[1].locator("#connection").count().catch(() => 0), 0);
    await frame.close();
    // The policy of the page has refused as well, and said so.
    page.complaints.length = 0;
    await page.evaluate(() => (window.violations.length = 0));
  },

  "a long list is scrolled and searched, and only what is seen exists": async ({ start, open, ask }) => {
    const emulator = await start();
    for (let number = 0; number < 300; number += 1) await ask(emulator)("GET", `/session/nobody-${number}`);
    const page = await open(emulator, "/#/requests");
    await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
    await page.getByText("300 requests").waitFor();
    const rows = page.locator(".rows .row");
    assert.ok((await rows.count()) < 60);
    await page.locator(".list").evaluate((list) => (list.scrollTop = list.scrollHeight));
    await page.getByText("/session/nobody-0", { exact: false }).first().waitFor();
    assert.equal(await page.getByRole("table").getAttribute("aria-rowcount"), "301");
    await page.getByRole("searchbox").fill("nobody-17");
    await page.getByText("11 requests").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await ask(emulator)("GET", "/session/nobody-170");
    await page.waitForTimeout(400);
    await page.getByText("11 requests").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("12 requests").waitFor();
  },

  "the chart library is the published one": async () => {
    for (const [ours, theirs] of [["uPlot.esm.js", "dist/uPlot.esm.js"], ["uPlot.min.css", "dist/uPlot.min.css"], ["uPlot.LICENSE", "LICENSE"]]) {
      const [one, other] = [join(here, "../../page/vendor", ours), join(here, "node_modules/uplot", theirs)];
      assert.equal(readFileSync(one, "utf8"), readFileSync(other, "utf8"), ours);
    }
  },

  ...accessibility,
};
