/** The one class of errors. */
import type { Outcome, Report, Violation } from "./types.js";

/** What a {@link MatchportError} holds. */
export interface ErrorFields {
  code: string;
  message: string;
  status?: number | null;
  identifier?: string | null;
  violations?: Violation[];
  field?: string | null;
  outcome?: Outcome;
  retryable?: boolean;
  retryAfterMs?: number | null;
}

/** A failed operation. It holds no token and no value of `env`. */
export class MatchportError extends Error {
  /** A stable name: `no_capacity`, `invalid_input`, `cancelled`, ... See the README for all of them. */
  readonly code: string;
  /** The HTTP status, when an answer came. */
  readonly status: number | null;
  /** The service's trace id, to quote to its support. */
  readonly identifier: string | null;
  /** For `invalid_request`: what the service refused. */
  readonly violations: Violation[];
  /** For `invalid_input`: the option, such as `players[3].id`. */
  readonly field: string | null;
  /** Whether the request took effect. */
  readonly outcome: Outcome;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** How long the service asked to wait. */
  readonly retryAfterMs: number | null;
  /** Set when a server may have been left running: `resume` it with `settle`. */
  readonly ticket: string | null;
  /** For an allocation: how it came about. */
  readonly report: Report | null;

  constructor(fields: ErrorFields, more?: { ticket?: string | null; report?: Report | null; cause?: unknown }) {
    super(fields.message, more?.cause === undefined ? undefined : { cause: more.cause });
    this.code = fields.code;
    this.status = fields.status ?? null;
    this.identifier = fields.identifier ?? null;
    this.violations = fields.violations ?? [];
    this.field = fields.field ?? null;
    this.outcome = fields.outcome ?? "not_sent";
    this.retryable = fields.retryable ?? false;
    this.retryAfterMs = fields.retryAfterMs ?? null;
    this.ticket = more?.ticket ?? null;
    this.report = more?.report ?? null;
  }
}

Object.defineProperty(MatchportError, "name", { value: "MatchportError" });
Object.defineProperty(MatchportError.prototype, "name", { value: "MatchportError", configurable: true, writable: true });

/** An option that was refused before anything was sent. */
export function refused(field: string, why: string): MatchportError {
  return new MatchportError({ code: "invalid_input", field, message: `${field} ${why}` });
}
