/** Cloudflare's workerd: the core is a module of the bundle, since bytes may not be compiled there. */
import { provideCore } from "../core.js";
import core from "../core.wasm";

provideCore(() => core);

export * from "../index.js";
