// Plays vectors to the npm package: its driver and its core, under a clock, timers, random bytes and a transport of the
// vector's. Runs in any runtime; conformance.mjs of the package's tests bundles it and says what the core is.
import { provideCore } from "../../../../bindings/npm/src/core.ts";
import { Driver, Kind } from "../../../../bindings/npm/src/driver.ts";
import { portsOf } from "../../../../bindings/npm/src/ports.ts";
import { difference } from "./matching.mjs";
import { virtual } from "./virtual.mjs";

const KINDS = {
  allocate: Kind.Allocate, backfill: Kind.Backfill, list: Kind.List, describe: Kind.Describe, stop: Kind.Stop, join: Kind.Join,
  leave: Kind.Leave, locations: Kind.Locations, tagExists: Kind.TagExists, logs: Kind.Logs, artifact: Kind.Artifact,
};
/** As `transport.ts` and the core number them. */
const FAILURES = { not_sent: 0, broken: 1, timed_out: 2, too_large: 3 };
/** The random bytes of an operation whose vector names none. */
const ENTROPY = Array.from({ length: 24 }, (_, index) => index + 1);
const encode = (text) => new TextEncoder().encode(text);

/** Plays all files; resolves to a result for each vector. */
export async function play(files, core) {
  provideCore(() => core);
  const results = [];
  for (const { name, file } of files) {
    for (const vector of file.vectors) {
      let error = null;
      try {
        await new Player(file, vector).play();
      } catch (thrown) {
        error = `${thrown?.stack ?? thrown}\n  by: ${vector.by}`;
      }
      results.push({ name: `${name}: ${vector.name}`, error });
    }
  }
  return results;
}

class Player {
  made = { requests: [], events: [], progress: [] };
  operations = 0;
  /** Operations that have not ended. */
  open = new Set();
  cancels = new Map();
  /** By the order in which they were sent. */
  exchanges = [];

  constructor(file, vector) {
    this.file = file;
    this.vector = vector;
    const client = vector.client ?? file.client;
    this.token = client.token;
    virtual.restart();
    const transport = { send: (request, exchange) => this.send(request, exchange), close() {} };
    this.driver = new Driver(JSON.stringify(client), client.token, transport);
  }

  async play() {
    for (const [index, step] of this.vector.steps.entries()) {
      const place = `step ${index + 1} (at ${step.at} ms)`;
      this.made = { requests: [], events: [], progress: [] };
      virtual.pass(step.at);
      await settled();
      await this.act(step);
      await settled();
      compare(step, this.made, place);
    }
    if (this.open.size > 0) throw new Error(`operations have not ended: ${[...this.open]}`);
  }

  async act(step) {
    const exchange = () => this.exchanges[(step.to ?? this.exchanges.length) - 1] ?? fail("no such request was sent");
    if (step.begin !== undefined) return this.begin(step);
    if (step.answer !== undefined) {
      const answer = typeof step.answer === "string" ? this.file.answers[step.answer] : step.answer;
      const body = answer.json === undefined ? (answer.text ?? "") : JSON.stringify(answer.json);
      return exchange().whole(answer.status, answer.retryAfter ?? -1, encode(body));
    }
    if (step.head !== undefined) return exchange().started(step.head.status, step.head.retryAfter ?? -1);
    if (step.data !== undefined) return void exchange().data(encode(step.data));
    if (step.end) return exchange().ended();
    if (step.fail !== undefined) return exchange().failed(FAILURES[step.fail], `the vector says ${step.fail}`);
    if (step.cancel !== undefined) return this.cancels.get(step.cancel).abort();
    if (step.shutdown !== undefined) void this.driver.close(step.shutdown);
  }

  async begin(step) {
    const operation = ++this.operations;
    this.open.add(operation);
    const cancel = new AbortController();
    this.cancels.set(operation, cancel);
    virtual.entropy = Uint8Array.from(step.entropy?.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? ENTROPY);
    const options = JSON.stringify(step.options ?? {});
    const { ticket } = step;
    const begin =
      step.begin === "resume"
        ? { ticket: typeof ticket === "string" ? ticket : JSON.stringify(ticket), options }
        : { kind: KINDS[step.begin] ?? fail(`no operation is called ${step.begin}`), options };
    const { asked } = virtual;
    this.driver
      .run(begin, {
        signal: cancel.signal,
        onTicket: (text) => {
          this.event(operation, { ticket: JSON.parse(text) });
          if (step.keepTicket === false) throw new Error("the ticket can't be kept");
        },
        onProgress: (progress) => this.made.progress.push({ ...progress, operation }),
        onPiece: (piece) => {
          this.event(operation, typeof piece === "string" ? { line: piece } : { data: new TextDecoder().decode(piece) });
        },
      })
      .then(
        (value) => this.end(operation, { completed: step.begin === "list" ? value.map(listed) : value }),
        (error) => this.end(operation, { failed: shown(error) }),
      );
    // The core is instantiated for each driver, which takes more than one turn.
    while (virtual.asked === asked && this.open.has(operation)) await settled();
  }

  event(operation, event) {
    if (!this.open.has(operation)) fail(`operation ${operation} has ended, and then came ${JSON.stringify(event)}`);
    this.made.events.push({ ...event, operation });
  }

  end(operation, event) {
    this.event(operation, event);
    this.open.delete(operation);
  }

  /** A request as vectors show it. What every request has to have is checked here. */
  send(request, exchange) {
    const { method, url, authorization, accept, body } = request;
    if (authorization !== `Bearer ${this.token}`) fail(`not authorized: ${method} ${url}`);
    if (!url.startsWith(this.file.base)) fail(`the address is another: ${url}`);
    const number = this.exchanges.push(exchange);
    this.made.requests.push({
      send: `${method} ${url.slice(this.file.base.length)}`,
      body: body === undefined ? null : JSON.parse(body),
      accept: accept === "application/json" ? null : accept,
    });
    return () => this.made.requests.push({ abort: number });
  }
}

/** An entry of a list comes as the service wrote it; its ports are read by a function of the package. */
const listed = (entry) => ({ ...entry, ports: portsOf(entry) });

function shown(error) {
  if (error.name !== "MatchportError") throw error;
  const { code, status, identifier, violations, field, outcome, retryable, message, retryAfterMs, ticket, report } = error;
  const fields = { code, status, identifier, violations, field, outcome, retryable, message, retryAfterMs };
  return { error: fields, ticket: ticket === null ? null : JSON.parse(ticket), report };
}

/** All that follows from what has happened: promises, which take no longer than until the next turn. */
function settled() {
  return new Promise((resolve) => globalThis.setTimeout(resolve, 0));
}

function compare(step, made, place) {
  // The package takes any type of answer where others name the one that is documented.
  const requests = (step.requests ?? []).map(({ operation, accept, ...it }) => (accept ? { ...it, accept: "*/*" } : it));
  const lists = { requests, events: step.events ?? [], progress: step.progress };
  for (const [what, expected] of Object.entries(lists)) {
    if (!expected) continue;
    const found = made[what];
    const all = JSON.stringify(found);
    if (found.length !== expected.length) fail(`${place}: ${what}: expected ${JSON.stringify(expected)}, found ${all}`);
    for (const [index, one] of expected.entries()) {
      const wanted = what === "requests" ? one : { operation: 1, ...one };
      const wrong = difference(wanted, found[index], what !== "events");
      if (wrong) fail(`${place}: ${what}[${index}]${wrong}\n  all ${what} found: ${all}`);
    }
  }
}

function fail(what) {
  throw new Error(what);
}
