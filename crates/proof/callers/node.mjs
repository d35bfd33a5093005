// The npm package in Node, called a line at a time. Copied into a folder where the package is installed.
import { open, readFile, rename, unlink } from "node:fs/promises";
import { createInterface } from "node:readline";

import * as matchport from "matchport";

import { call } from "./calls.mjs";

const tickets = {
  // The file is replaced as a whole.
  async keep(path, ticket) {
    const file = await open(`${path}.new`, "w", 0o600);
    await file.writeFile(ticket);
    await file.sync();
    await file.close();
    await rename(`${path}.new`, path);
  },
  read: (path) => readFile(path, "utf8"),
  remove: unlink,
};

for await (const line of createInterface({ input: process.stdin })) {
  console.log(await call(matchport, line, tickets));
}
