/** What every entry exports. */
export { Matchport } from "./client.js";
export { MatchportError, type ErrorFields } from "./error.js";
export { LogStream } from "./streams.js";
export { portsOf } from "./ports.js";
export { rankLocations, type RankOptions, type Ranked } from "./rank.js";
export type * from "./types.js";
