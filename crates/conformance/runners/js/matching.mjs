// Whether what came out is what was expected: the rules of README.md, "What is compared".

const isObject = (it) => typeof it === "object" && it !== null && !Array.isArray(it);

/** What is wrong, with where it is, or `null`. `whole`: every field that was found has to be expected. */
export function difference(expected, found, whole, path = "") {
  const unlike = () => `${path || "it"}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
  if (isObject(expected)) {
    if ("$between" in expected) {
      const [low, high] = expected.$between;
      return typeof found === "number" && low <= found && found <= high ? null : unlike();
    }
    if ("$contains" in expected) return typeof found === "string" && found.includes(expected.$contains) ? null : unlike();
    if (!isObject(found)) return unlike();
    const unnamed = whole && Object.keys(found).find((name) => (found[name] ?? null) !== null && !(name in expected));
    if (unnamed) return `${path}.${unnamed}: expected nothing, found ${JSON.stringify(found[unnamed])}`;
    for (const [name, value] of Object.entries(expected)) {
      const wrong = difference(value, found[name], whole || name === "ticket", `${path}.${name}`);
      if (wrong) return wrong;
    }
    return null;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length) return unlike();
    for (const [index, value] of expected.entries()) {
      const wrong = difference(value, found[index], whole, `${path}[${index}]`);
      if (wrong) return wrong;
    }
    return null;
  }
  if (typeof expected === "number" && typeof found === "number") {
    return Math.abs(expected - found) <= Math.abs(expected) * 1e-6 ? null : unlike();
  }
  return (expected ?? null) === (found ?? null) ? null : unlike();
}
