/** Bun: as Node, but over Bun's own fetch. */
import { readFile } from "node:fs/promises";

import { provideCore } from "../core.js";

provideCore(async () => {
  try {
    return await readFile(new URL("../core.wasm", import.meta.url));
  } catch {
    return (await import("#inlined")).bytes();
  }
});

export * from "../index.js";
