/** Without the core: hand over its module or bytes (`matchport/core.wasm`) before the first use. */
export { provideCore, type Core } from "../core.js";
export * from "../index.js";
