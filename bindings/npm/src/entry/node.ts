/** Node: the core is read from disk, and from the inlined copy where a bundler has left the file behind. */
import { readFile } from "node:fs/promises";

import { provideTransport } from "../client.js";
import { provideCore } from "../core.js";
import { NodeTransport } from "../transport-node.js";

provideTransport(() => new NodeTransport());
provideCore(async () => {
  try {
    return await readFile(new URL("../core.wasm", import.meta.url));
  } catch {
    return (await import("#inlined")).bytes();
  }
});

export * from "../index.js";
