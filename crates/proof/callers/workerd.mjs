// The npm package in workerd, called a line at a time. Run in a folder of its own, with the tarball as the argument and what
// starts a Worker behind it: `node workerd.mjs FOLDER TARBALL RUNTIMES`.
import { mkdtempSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [folder, tarball, runtimes] = process.argv.slice(2).map((path) => resolve(path));
const { startWorker } = await import(pathToFileURL(runtimes));
const own = mkdtempSync(join(folder, "worker-"));
const worker = await startWorker({ folder: own, tarball }, join(here, "worker.mjs"), join(here, "calls.mjs"));
for await (const line of createInterface({ input: process.stdin })) {
  const response = await worker.dispatchFetch("http://worker/", { method: "POST", body: line });
  console.log(await response.text());
}
await worker.dispose();
