/** Modules that the build makes, or that the runtime does. */
declare module "*.wasm" {
  const core: WebAssembly.Module;
  export default core;
}
declare module "*.wasm?module" {
  const core: WebAssembly.Module;
  export default core;
}
declare module "#inlined" {
  export function bytes(): Uint8Array<ArrayBuffer>;
}
