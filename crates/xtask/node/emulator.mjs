// An emulator for tests, in a process of its own.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Starts it, with its files in `folder`, and waits until it answers. Gives the process, with a `baseUrl`. */
export async function startEmulator(program, folder, more = []) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ready = join(folder, "ready");
  const listen = more.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const options = ["emulator", ...listen, "--ready-file", ready, "--data-dir", join(folder, "data"), ...more];
  const child = spawn(program, options, { stdio: ["ignore", "ignore", "inherit"] });
  while (!existsSync(ready) || readFileSync(ready, "utf8").trim() === "") {
    if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode}`);
    await sleep(20);
  }
  child.baseUrl = readFileSync(ready, "utf8").trim();
  return child;
}
