/** Everywhere else (Deno, browsers, bundlers): the core is part of this file. */
import { provideCore } from "../core.js";

provideCore(async () => (await import("#inlined")).bytes());

export * from "../index.js";
