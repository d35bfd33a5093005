/** What JavaScript's values can hold and the core's can't: texts that are no text, and texts without end. */
import { refused } from "./error.js";

/** More than any field takes; the core has the exact limits. */
const LONGEST = 1 << 20;
const DEEPEST = 8;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Refuses what would not arrive in the core as it is, and names where it stands. */
export function checkTexts(value: unknown, field: string, depth = 0): void {
  if (typeof value === "string") {
    if (value.length > LONGEST) throw refused(field, `is longer than ${LONGEST} characters`);
    if (LONE_SURROGATE.test(value)) throw refused(field, "holds half of a character (a lone surrogate)");
  } else if (typeof value === "object" && value !== null) {
    if (depth === DEEPEST) throw refused(field, "is nested too deeply");
    if (Array.isArray(value)) {
      value.forEach((entry, index) => checkTexts(entry, `${field}[${index}]`, depth + 1));
      return;
    }
    for (const key of Object.keys(value)) {
      if (LONE_SURROGATE.test(key)) throw refused(field, "has a name with half of a character (a lone surrogate)");
      const entry = (value as Record<string, unknown>)[key];
      if (typeof entry !== "number") checkTexts(entry, depth === 0 ? key : `${field}.${key}`, depth + 1);
    }
  }
}
