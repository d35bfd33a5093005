/** What goes into a client and what comes out of it. Types only. */

/** How a client is made. */
export interface MatchportOptions {
  /** The API token. It shows in no error, log or inspection. */
  token: string;
  /** A published environment (`sandbox` when neither this nor `baseUrl` is given), or `local` for `matchport emulator`. */
  environment?: "sandbox" | "production" | "local" | undefined;
  /** An address of your own: scheme, host and port, no path. */
  baseUrl?: string | undefined;
  /** Lets the token go over plain http to an address that is not this machine. */
  allowPlainHttp?: boolean | undefined;
  /** Used for every request instead of the runtime's default transport. */
  fetch?: ((input: string, init: RequestInit) => Promise<Response>) | undefined;
  /** A token does not belong into a page that anybody can read. Set this when the page is nobody else's. */
  dangerouslyAllowBrowser?: boolean | undefined;
  /** Times of the rules in milliseconds, each 1 to 86,400,000. */
  times?: Times | undefined;
}

/** Times of the rules, in milliseconds. What is left out has the default that is named. */
export interface Times {
  /** One request (10,000). */
  attempt?: number | undefined;
  /** An operation other than an allocation, backfill or stream, retries included (30,000). */
  operation?: number | undefined;
  /** A location that had no capacity is left alone for (60,000). */
  closedLocation?: number | undefined;
  /** How long a start whose answer was lost may still land (5,000). */
  lateStart?: number | undefined;
  /** How long giving up may take to make sure that nothing is left running (30,000). */
  settle?: number | undefined;
  /** The longest pause between two looks at a session that is not running yet (1,000). */
  poll?: number | undefined;
  /** How long a session that was started may be missing before it counts as gone (5,000). */
  visible?: number | undefined;
}

/** Milliseconds, or a text such as `"90s"`, `"15m"` or `"1h30m"`. */
export type Duration = number | string;

/** A player with what they measured, in milliseconds by location: one figure, or several samples. */
export interface Player {
  id: string;
  latencies?: Record<string, number | number[]> | undefined;
}

/** The worst latency a player may have: fixed, or growing while the match waits. */
export type MaxLatency =
  | number
  | {
      /** At the beginning, in milliseconds. */
      limit: number;
      /** By how many milliseconds it grows each second. */
      relaxPerSecond?: number | undefined;
      /** Where it stops growing. */
      ceiling?: number | undefined;
    };

/** How locations are judged. */
export interface PlacementPolicy {
  maxLatency?: MaxLatency | undefined;
  /** Which number stands for several samples (`median`). */
  figure?: "median" | "min" | undefined;
  /** What a missing sample means (`leave_out`): the location is left out, the player does not count, or counts as. */
  missing?: "leave_out" | "ignore" | { assume: number } | undefined;
  /** How much the worst-off player weighs against the mean, 0 to 1 (0.5). */
  worstWeight?: number | undefined;
}

/** What every operation takes. */
export interface CallOptions {
  /** Ends the operation. An allocation that has sent something first makes sure that no server is left. */
  signal?: AbortSignal | undefined;
}

/** What the long operations take. */
export interface ProgressOptions extends CallOptions {
  /** Called at each step. What it throws is ignored. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What handing out tickets takes. */
export interface TicketOptions extends ProgressOptions {
  /**
   * Keep the ticket: with it `resume` goes on anywhere. It is awaited before the next request leaves; when it rejects
   * before anything was sent, nothing is.
   */
  onTicket?: ((ticket: string) => void | Promise<void>) | undefined;
}

/** A match that needs a server. */
export interface AllocateOptions extends TicketOptions {
  /** The application's name. */
  image: string;
  /** The players with their latencies. Without any, the order of `locations` decides. */
  players?: Player[] | undefined;
  /** Locations to choose from; all that offer the image when left out. */
  locations?: string[] | undefined;
  /** The match's id: every matchmaker that allocates for it gets the same session. */
  matchId?: string | undefined;
  /** The session's id, instead of one derived from `matchId` or a random one. */
  id?: string | undefined;
  /** Environment of the game server. */
  env?: Record<string, string> | undefined;
  /** Its command line. */
  args?: string[] | undefined;
  /** Metadata, fixed for the session's life. */
  labels?: Record<string, string> | undefined;
  /** Image tag; the one of highest priority when left out. */
  version?: string | undefined;
  /** Restart the game server on failure. */
  restart?: boolean | undefined;
  /** Your own reference. */
  externalId?: string | undefined;
  /** The service ends the session after this many seconds (a number) or this time (`"2h30m"`); 1 hour when left out. */
  ttl?: Duration | "unlimited" | undefined;
  /** The worst latency that a player may have, in milliseconds. */
  maxLatency?: MaxLatency | undefined;
  /** How locations are judged. */
  placement?: PlacementPolicy | undefined;
  /** How long the match has been waiting already, in milliseconds. */
  waited?: number | undefined;
  /** How long to try (90 s). */
  deadline?: Duration | undefined;
  /** When it is done (`running`). */
  waitFor?: "running" | "allocated" | undefined;
  /** What to do when every location is full (`wait`). */
  whenFull?: "wait" | "fail" | undefined;
  /** Put the environment into the ticket, so that `resume` does not need it. */
  envInTicket?: boolean | undefined;
}

/** What resuming takes besides the ticket. */
export interface ResumeOptions extends TicketOptions {
  /** The environment, unless it is in the ticket. */
  env?: Record<string, string> | undefined;
  /** How long to try; what the ticket had left when left out. */
  deadline?: Duration | undefined;
  /** Make sure that no server is left, instead of getting one. */
  settle?: boolean | undefined;
}

/** A port: what the game server listens on in its container, and what players connect to. */
export interface Port {
  type: string;
  container: number;
  host: number;
}

/** A session for the match. */
export interface Allocation {
  id: string;
  location: string;
  host: string;
  /** By container port. */
  ports: Port[];
  /** `host:port` when there is no doubt about the port: the only one, or the only UDP port. */
  endpoint: string | null;
  report: Report;
}

/** The explanation of an allocation. */
export interface Report {
  session: string;
  /** Those that were considered in the order of placement, then those left out. */
  locations: LocationReport[];
  /** Every request. */
  attempts: AttemptReport[];
  attemptsOmitted: number;
  /** The session had been started before: by somebody else, or by an attempt whose answer was lost. */
  adopted: boolean;
  tookMs: number;
}

export interface LocationReport {
  location: string;
  costMs: number | null;
  worstMs: number | null;
  meanMs: number | null;
  leftOut: string | null;
}

export interface AttemptReport {
  action: "locate" | "start" | "describe" | "stop";
  location: string | null;
  atMs: number;
  tookMs: number;
  outcome: Outcome;
  status: number | null;
  code: string | null;
  identifier: string | null;
  sessionStatus: string | null;
}

/** Whether a request took effect, as far as it can be told. */
export type Outcome = "not_sent" | "refused" | "accepted" | "unknown";

/** What an operation is doing. */
export type Progress =
  | { step: "locating" | "looking_up" | "settling" }
  | { step: "starting"; location: string; attempt: number }
  | { step: "location_refused"; location: string; code: string }
  | { step: "waiting_for_capacity"; forMs: number | null }
  | { step: "pausing"; forMs: number; code: string; reason: string }
  | { step: "waiting_until_running"; status: string | null };

/** Players who want into a running session. */
export interface BackfillOptions extends ProgressOptions {
  image: string;
  /** They stay together. */
  players: string[];
  /** How many players one session takes. */
  capacity: number;
  /** Best first; any when left out. */
  locations?: string[] | undefined;
  version?: string | undefined;
  /** Labels or fields that the session must have. */
  having?: Record<string, string> | undefined;
  /** Labels or fields that it must not have. */
  notHaving?: Record<string, string> | undefined;
  /** Which of several is best (`fullest`). */
  prefer?: "fullest" | "emptiest" | undefined;
  /** How long to try (30 s). */
  deadline?: Duration | undefined;
}

/** The session that took the players. */
export interface Backfilled {
  id: string;
  location: string;
  host: string;
  ports: Port[];
  endpoint: string | null;
  /** How many players it now has. */
  count: number;
  /** Sessions that turned out to be full or gone. */
  passedOver: number;
}

/** What a list of sessions is narrowed to. */
export interface SessionFilter extends CallOptions {
  /** Also sessions that are not running. */
  all?: boolean | undefined;
  location?: string | undefined;
  image?: string | undefined;
  tag?: string | undefined;
  host?: string | undefined;
  playersBelow?: number | undefined;
  playersAbove?: number | undefined;
  having?: Record<string, string> | undefined;
  notHaving?: Record<string, string> | undefined;
}

/** An entry of a list, as the service wrote it. `portsOf` reads its ports. */
export interface SessionEntry {
  id: string;
  image: string;
  location: string;
  host: string;
  /** Milliseconds since 1970. */
  created: number;
  /** `{"7777/udp": 27015}`. */
  port: Record<string, number>;
  tag?: string;
  status?: string;
  playerCount?: number;
  labels?: Record<string, string>;
}

/** A described session. */
export interface Session {
  id: string;
  image: string;
  location: string;
  host: string;
  created: number;
  ports: Port[];
  tag: string | null;
  status: string | null;
  players: { joined: string[]; joinedCount: number };
  labels: Record<string, string>;
}

/** How many players a session has. */
export interface PlayerCount {
  count: number;
  players: string[];
}

/** A location that offers an image, with the addresses to ping. */
export interface Location {
  id: string;
  ips: string[];
}

/** A field that the service refused. */
export interface Violation {
  field: string;
  description: string;
}
