/** The wasm core: how its bytes become instances. Nothing is compiled before the first use. */
import { glue, type Glue } from "./glue.js";
import { MatchportError } from "./error.js";

/** What an entry file provides: the compiled module, or the bytes of one. */
export type Core = WebAssembly.Module | BufferSource | Promise<WebAssembly.Module | BufferSource>;

let source: (() => Core) | undefined;
let compiled: Promise<WebAssembly.Module> | undefined;

/** Says where the core comes from. Called once, by the entry file. */
export function provideCore(from: () => Core): void {
  source = from;
  compiled = undefined;
}

/** A fresh instance, with memory of its own: what happens to one touches no other. */
export async function instantiate(): Promise<Glue> {
  try {
    compiled ??= compile();
    const module = await compiled;
    const instance = glue();
    const { exports } = await WebAssembly.instantiate(module, { "./matchport_bg.js": instance.imports });
    instance.attach(exports);
    return instance;
  } catch (cause) {
    compiled = undefined;
    throw new MatchportError({ code: "internal", message: "the WebAssembly core could not be loaded" }, { cause });
  }
}

async function compile(): Promise<WebAssembly.Module> {
  if (!source) throw new Error("no core was provided: call provideCore first");
  const core = await source();
  return core instanceof WebAssembly.Module ? core : WebAssembly.compile(core);
}
