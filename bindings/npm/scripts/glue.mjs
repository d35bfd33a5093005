// wasm-bindgen's glue for bundlers keeps one instance for the whole module. Here it becomes a function that makes a glue
// of its own for each instance, so that an instance that trapped can be replaced.

/** @param {string} source what wasm-bindgen wrote */
export function makeGlue(source) {
  const names = [...source.matchAll(/^export function (__wb\w+)/gm)].map(([, name]) => name);
  const body = source
    .replaceAll(/^export (?=function|class|const|let)/gm, "")
    .replaceAll(/^import .*$/gm, "")
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
  if (/^export |^import /m.test(body)) throw new Error("the glue has an import or export of a kind that is not known");
  for (const needed of ["__wbg_set_wasm", "class Client", "function rank"]) {
    if (!body.includes(needed)) throw new Error(`the glue has no ${needed}`);
  }
  const imports = names.filter((name) => name !== "__wbg_set_wasm");
  return `export function glue() {
${body}
const imports = { ${imports.join(", ")} };
const attach = (exports) => { __wbg_set_wasm(exports); exports.__wbindgen_start(); };
return { Client, rank, imports, attach };
}
`;
}
