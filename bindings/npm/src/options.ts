/** Options cross into the core as JSON text: one crossing, however many there are. */
import { refused } from "./error.js";

/** More than any text takes; the core has the exact limits. */
const LONGEST = 1 << 20;
const DEEPEST = 8;

/** The text of options. What JSON would drop or bend is refused, with its name. Lone surrogates are left to the core. */
export function optionsText(options: object): string {
  check(options, "options", 0);
  return JSON.stringify(options);
}

function check(value: unknown, field: string, depth: number): void {
  switch (typeof value) {
    case "string":
      if (value.length > LONGEST) throw refused(field, `is longer than ${LONGEST} characters`);
      return;
    case "number":
      if (!Number.isFinite(value)) throw refused(field, "must be a finite number");
      return;
    case "boolean":
    case "undefined":
      return;
    case "object":
      if (value !== null) checkEntries(value, field, depth);
      return;
    default:
      throw refused(field, `must not be a ${typeof value}`);
  }
}

function checkEntries(value: object, field: string, depth: number): void {
  if (depth === DEEPEST) throw refused(field, "is nested too deeply");
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) check(value[index], `${field}[${index}]`, depth + 1);
    return;
  }
  if (value instanceof Map || value instanceof Set) throw refused(field, "must be a plain object");
  for (const key of Object.keys(value)) {
    check((value as Record<string, unknown>)[key], depth === 0 ? key : `${field}.${key}`, depth + 1);
  }
}
