// The npm package in Node, called a line at a time. Copied into a folder where the package is installed.
import { createInterface } from "node:readline";

import * as matchport from "matchport";

import { call } from "./calls.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  console.log(await call(matchport, line));
}
