/**
 * Choosing a location without a client: no token, no request. For browsers, which rank what they measured, and for
 * matchmakers that only want the order. The judging is the core's; here figures become a matrix and columns names.
 */
import { instantiate } from "./core.js";
import { failure } from "./driver.js";
import { refused } from "./error.js";
import type { Glue } from "./glue.js";
import { optionsText } from "./options.js";
import type { PlacementPolicy, Player } from "./types.js";

/** How locations are judged, and how long the match has waited. */
export interface RankOptions extends PlacementPolicy {
  /** In milliseconds. */
  waited?: number | undefined;
}

/** The order of locations. */
export interface Ranked {
  /** Cheapest first. `admittedAfterMs` is 0 unless a relaxing cap lets it in only later. */
  ranked: { location: string; costMs: number; worstMs: number; meanMs: number; admittedAfterMs: number }[];
  leftOut: { location: string; reason: "over_cap" | "missing_sample" | "unmeasured" }[];
}

const REASONS = ["over_cap", "missing_sample", "unmeasured"] as const;
/** Stands for "not measured" in a matrix. */
const MISSING = 0xffff;
const LARGEST_MS = 60_000;

let shared: Glue | undefined;

/**
 * Orders `locations` by what players measured: an array of players, or a flat matrix with one row a player and one
 * column a location, in whole milliseconds, 65535 for "not measured". Samples are rounded to whole milliseconds.
 */
export async function rankLocations(
  locations: string[],
  players: Player[] | Uint16Array,
  options: RankOptions = {},
): Promise<Ranked> {
  checkLocations(locations);
  const figures = players instanceof Uint16Array ? players : matrix(locations, players, options.figure === "min");
  if (figures.length % locations.length !== 0) throw refused("players", "are no whole rows of the locations");
  const policy = optionsText(options);
  const core = (shared ??= await instantiate());
  let columns: Float64Array;
  try {
    columns = core.rank(figures, locations.length, policy);
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw failure(thrown);
    shared = undefined;
    throw thrown;
  }
  const result: Ranked = { ranked: [], leftOut: [] };
  for (let at = 0; at < columns.length; at += 5) {
    const location = locations[columns[at]!]!;
    const last = columns[at + 4]!;
    if (last < 0) result.leftOut.push({ location, reason: REASONS[-last - 1]! });
    else {
      const [costMs, worstMs, meanMs] = [columns[at + 1]!, columns[at + 2]!, columns[at + 3]!];
      result.ranked.push({ location, costMs, worstMs, meanMs, admittedAfterMs: last });
    }
  }
  return result;
}

/** A copy of the names that were checked last: a matchmaker ranks the same ones over and over. */
let checked: string[] = [];

function checkLocations(locations: string[]): void {
  if (!Array.isArray(locations) || locations.length === 0) throw refused("locations", "must be a list of names");
  if (locations.length === checked.length && checked.every((name, index) => name === locations[index])) return;
  for (let index = 0; index < locations.length; index++) {
    const name: unknown = locations[index];
    if (typeof name !== "string" || name === "") throw refused(`locations[${index}]`, "must be a name");
  }
  if (new Set(locations).size < locations.length) {
    const twice = locations.findIndex((name, index) => locations.indexOf(name) < index);
    throw refused(`locations[${twice}]`, "is given twice");
  }
  checked = [...locations];
}

function matrix(locations: string[], players: Player[], min: boolean): Uint16Array {
  if (!Array.isArray(players)) throw refused("players", "must be an array or a Uint16Array");
  const figures = new Uint16Array(players.length * locations.length);
  const columns = locations.length;
  let at = 0;
  for (let row = 0; row < players.length; row++) {
    const latencies = players[row]?.latencies;
    if (typeof latencies !== "object" || latencies === null) {
      if (typeof players[row] !== "object" || latencies != null) throw refused(`players[${row}]`, "must have latencies");
      figures.fill(MISSING, at, (at += columns));
      continue;
    }
    for (let column = 0; column < columns; column++) {
      const sample = latencies[locations[column]!];
      const ms = typeof sample === "number" ? sample : sample === undefined ? MISSING : figure(sample, min);
      if (!(ms >= 0 && (ms <= LARGEST_MS || ms === MISSING))) {
        throw refused(`players[${row}].latencies[${JSON.stringify(locations[column])}]`, `must be 0 to ${LARGEST_MS}`);
      }
      figures[at++] = ms + 0.5;
    }
  }
  return figures;
}

/** The figure of several samples; NaN when there is none. */
function figure(samples: unknown, min: boolean): number {
  if (!Array.isArray(samples) || samples.length === 0 || !samples.every((it) => typeof it === "number")) return NaN;
  const sorted = Float64Array.from(samples as number[]).sort();
  const middle = sorted.length >> 1;
  if (min) return sorted[0]!;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
