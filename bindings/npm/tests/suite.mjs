// The suite that runs in every runtime against the real emulator. It uses nothing that only some runtimes have; what
// differs (where the package comes from, the address) is handed in. `run` resolves to one line a test.

/**
 * @param {typeof import("matchport")} matchport
 * @param {{ baseUrl: string, fetch?: typeof fetch, browser?: boolean }} setting
 * @returns {Promise<{ name: string, error: string | null }[]>}
 */
export async function run(matchport, setting) {
  const results = [];
  for (const [name, test] of Object.entries(tests)) {
    try {
      await within(20_000, test({ ...matchport, ...setting, make: maker(matchport, setting) }));
      results.push({ name, error: null });
    } catch (error) {
      results.push({ name, error: `${error?.stack ?? error}${error?.code ? ` (${error.code})` : ""}` });
    }
  }
  return results;
}

const PLAYERS = [
  { id: "ada", latencies: { "eu-west-1": 23, "us-east-1": [90, 95, 400] } },
  { id: "bo", latencies: { "eu-west-1": 31, "us-east-1": 99 } },
];
const STARTED = { host: "10.0.0.1", ports: [{ type: "udp", container: 7777, host: 27015 }] };

const tests = {
  async "a match gets its server, and the server its players"({ make, portsOf }) {
    const client = make();
    const image = "demo";
    const steps = [];
    const onProgress = (progress) => steps.push(progress.step);
    const allocation = await client.allocate({ image, players: PLAYERS, ttl: "2m", labels: { mode: "duo" }, onProgress });
    try {
      const { id, location, host, ports, endpoint, report } = allocation;
      equal(location, "eu-west-1");
      equal(endpoint, `${host}:${ports[0].host}`);
      equal([ports[0].type, ports[0].container], ["udp", 7777]);
      equal(report.locations[0].worstMs, 31);
      ok(steps.includes("starting"), "progress was told");
      equal((await client.join(id, ["ada", "bo"])).count, 2);
      const session = await client.session(id);
      equal(session.players.joined.toSorted?.() ?? session.players.joined.sort(), ["ada", "bo"]);
      equal(session.ports, ports);
      const listed = (await client.sessions({ image, having: { mode: "duo" } })).find((entry) => entry.id === id);
      equal([listed.playerCount, portsOf(listed)], [2, ports]);
      const filled = await client.backfill({ image, players: ["cy"], capacity: 3, having: { mode: "duo" } });
      ok(filled.count >= 1 && filled.endpoint, "somebody took the player");
      ok((await client.leave(["cy"])).count >= 0, "left");
      equal((await client.locations(image)).map((it) => it.id).includes("us-east-1"), true);
      equal(await client.tagExists("eu-west-1", image, "latest"), true);
      equal(await client.tagExists("eu-west-1", image, "no-such"), false);
      const log = client.logs(id, { follow: true });
      ok((await log.next()).value.includes("game server"), "first line of the log");
      await log.return();
      const stopped = await client.stop(id);
      equal(stopped, true);
      const reader = (await retried(() => opened(client.artifact(id, "/result.json")))) ?? fail("no artifact");
      equal([reader[0], reader[1]], [0x1f, 0x8b]);
    } finally {
      await client.stop(allocation.id).catch(() => {});
      await client.close();
    }
  },

  async "the ticket is kept before the first byte leaves, and another client goes on from it"({ make }) {
    const order = [];
    let kept;
    const first = make(async (url, init) => {
      order.push(`${init.method} ${new URL(url).pathname}`);
      if (init.method === "POST") await real(url, init);
      return new Promise(() => {});
    });
    const onTicket = async (ticket) => {
      await tick();
      order.push("kept");
      kept = ticket;
    };
    const gone = first.allocate({ image: "demo", locations: ["eu-west-1"], ttl: 60, onTicket });
    gone.catch(() => {});
    await until(() => order.length >= 2);
    equal(order.slice(0, 2), ["kept", "POST /session"]);
    const second = make();
    const resumed = await second.resume(kept);
    equal(resumed.id, JSON.parse(kept).session);
    equal((await second.sessions({ image: "demo" })).filter((it) => it.id === resumed.id).length, 1);
    await second.stop(resumed.id);
    await second.close();
    await first.close({ within: 0 });
    await gone.catch(() => {});
  },

  async "a ticket that is not kept keeps everything from being sent"({ make }) {
    const calls = [];
    const client = make(async (url) => (calls.push(url), answer(500)));
    const no = new Error("the store is full");
    const onTicket = () => Promise.reject(no);
    const error = await refused(client.allocate({ image: "demo", locations: ["eu-west-1"], onTicket }));
    equal([error.code, error.outcome, error.cause, calls], ["ticket_not_kept", "not_sent", no, []]);
    await client.close();
  },

  async "two allocations for one match get one server"({ make }) {
    const [one, two] = [make(), make()];
    const matchId = `match-${Math.random()}`;
    const options = { image: "demo", locations: ["eu-west-1"], matchId, ttl: 60 };
    const both = await Promise.all([one.allocate(options), two.allocate(options)]);
    equal(both[0].id, both[1].id);
    equal(both[0].endpoint, both[1].endpoint);
    await one.stop(both[0].id);
    await Promise.all([one.close(), two.close()]);
  },

  async "aborted before, during and after"({ make }) {
    const before = make(() => fail("sent"));
    const error = await refused(before.sessions({ signal: AbortSignal.abort(new Error("why")) }));
    equal([error.code, error.outcome, error.cause.message], ["cancelled", "not_sent", "why"]);
    const stops = [];
    const during = make(async (url, init) => {
      if (init.method === "POST") return forever(init.signal);
      stops.push(init.method);
      return answer(init.method === "DELETE" ? 204 : 404, init.method === "DELETE" ? null : { statusCode: 404 });
    }, { attempt: 50, lateStart: 20 });
    const controller = new AbortController();
    const pending = during.allocate({ image: "demo", locations: ["eu-west-1"], signal: controller.signal });
    await tick(20);
    controller.abort();
    equal((await refused(pending)).code, "cancelled");
    ok(stops.includes("DELETE"), "what may have started is stopped");
    const after = new AbortController();
    const done = make(async () => answer(200, { sessions: [] }));
    equal(await done.sessions({ signal: after.signal }), []);
    after.abort();
    equal(await done.sessions(), []);
    await Promise.all([before.close(), during.close(), done.close()]);
  },

  async "bad input is refused with the name of the field, and nothing is sent"({ make }) {
    let sent = 0;
    const client = make(async () => (sent++, answer(500)));
    const place = { image: "demo", locations: ["eu-west-1"] };
    const table = [
      [undefined, "options"],
      [{}, "image"],
      [{ image: 5 }, "image"],
      [{ image: "" }, "image"],
      [{ image: "x".repeat(2 ** 21) }, "image"],
      [{ image: "a\ud800b" }, "image"],
      [{ ...place, locations: [] }, "locations"],
      [{ ...place, locations: "eu" }, "locations"],
      [{ ...place, players: [{ latencies: {} }] }, "players[0].id"],
      [{ ...place, players: [{ id: "a" }, { id: "a" }] }, "players[1].id"],
      [{ ...place, players: [{ id: "a", latencies: { "eu-west-1": NaN } }] }, 'players[0].latencies.eu-west-1'],
      [{ ...place, env: { MAP: 5 } }, "env.MAP"],
      [{ ...place, deadline: NaN }, "deadline"],
      [{ ...place, deadline: -1 }, "deadline"],
      [{ ...place, deadline: 1e15 }, "deadline"],
      [{ ...place, ttl: "soon" }, "ttl"],
      [{ ...place, ttl: -5 }, "ttl"],
      [{ ...place, waitFor: "later" }, "waitFor"],
      [{ ...place, matchId: "a", id: "b" }, "matchId"],
      [{ ...place, maxLatency: { limit: 10, ceiling: 5 } }, "maxLatency.ceiling"],
    ];
    for (const [options, field] of table) {
      const error = await refused(client.allocate(options));
      equal([error.code, error.field, error.outcome, error.retryable], ["invalid_input", field, "not_sent", false]);
    }
    equal((await refused(client.resume("{}"))).code, "invalid_ticket");
    equal((await refused(client.resume(7))).field, "ticket");
    equal((await refused(client.join("id", "ada"))).field, "players");
    equal((await refused(client.backfill({ image: "i", players: ["a"], capacity: 1.5 }))).field, "capacity");
    equal((await refused(client.session("a/../b\n"))).field, "id");
    equal(sent, 0);
    await client.close();
  },

  async "a secret of the environment shows in no error"({ make }) {
    const client = make();
    const secret = "hunter2-hunter2";
    const error = await refused(client.allocate({ image: "demo", env: { KEY: [secret] } }));
    ok(!text(error).includes(secret), text(error));
    await client.close();
  },

  async "answers that are none end in typed errors, and what may have started is stopped"({ make }) {
    const odd = [
      [() => Promise.reject(new TypeError("fetch failed")), "unknown"],
      [() => answer(502, "<html>bad gateway</html>"), "unknown"],
      [() => answer(201, '{"host":"10.0.0.1","po'), "unknown"],
      [() => answer(201, "[]"), "unknown"],
      [() => 5, "unknown"],
      [(signal) => forever(signal), "unknown"],
    ];
    for (const [start] of odd) {
      const seen = [];
      const client = make(async (url, init) => {
        seen.push(init.method);
        if (init.method === "POST") return start(init.signal);
        if (init.method === "DELETE") return answer(204, null);
        return answer(404, { statusCode: 404, code: "NOT_FOUND" });
      }, { attempt: 50, lateStart: 20, visible: 50, poll: 20 });
      const error = await refused(client.allocate({ image: "demo", locations: ["eu-west-1"], deadline: 200 }));
      ok(error.code && error.report.attempts.length > 0, `${error.code}: ${error.message}`);
      ok(seen.includes("DELETE"), `stopped after ${error.message}`);
      await client.close();
    }
  },

  async "a start without ports has no endpoint, and says so"({ make }) {
    const client = make(async () => answer(201, { host: "10.0.0.1", ports: [] }));
    const options = { image: "demo", locations: ["eu-west-1"], waitFor: "allocated" };
    const { endpoint, ports } = await client.allocate(options);
    equal([endpoint, ports], [null, []]);
    await client.close();
  },

  async "what the service says of a failure comes whole"({ make }) {
    const violations = [{ field: "env", description: "no" }];
    const body = { statusCode: 422, code: "INVALID_REQUEST", message: "bad", identifier: "t-1", violations };
    const client = make(async () => answer(422, body));
    const error = await refused(client.join("s", ["a"]));
    equal([error.code, error.status, error.identifier, error.violations], ["invalid_request", 422, "t-1", violations]);
    equal([error.outcome, error.retryable], ["refused", false]);
    await client.close();
  },

  async "a list that can't be read is an error, an empty one is not"({ make }) {
    const bodies = ["<html>", '{"sessions":{}}', '{"sessions":[{"id":5}]}', '{"sessions":[', "[]"];
    for (const body of bodies) {
      const client = make(async () => answer(200, body));
      equal((await refused(client.sessions())).code, "unreadable_response");
      await client.close();
    }
    const client = make(async () => answer(200, { sessions: null }));
    equal(await client.sessions(), []);
    await client.close();
  },

  async "the location changes after a refusal for capacity, and the report says why"({ make }) {
    const client = make(async (url, init) => {
      const { location } = JSON.parse(init.body);
      return location === "eu-west-1" ? answer(420, { statusCode: 420 }) : answer(201, { id: JSON.parse(init.body).id, ...STARTED });
    });
    const options = { image: "demo", players: PLAYERS, locations: ["us-east-1", "eu-west-1"], waitFor: "allocated" };
    const { location, report } = await client.allocate(options);
    equal([location, report.attempts.map((it) => it.status)], ["us-east-1", [420, 201]]);
    await client.close();
  },

  async "the token shows nowhere"({ make, Matchport, MatchportError, baseUrl }) {
    const token = "s3cret-token-of-mine";
    const echo = async (_url, init) => answer(401, { statusCode: 401, message: `bad ${init.headers.authorization}` });
    const client = new Matchport({ token, baseUrl, fetch: echo, dangerouslyAllowBrowser: true });
    const error = await refused(client.sessions());
    ok(error instanceof MatchportError && error.code === "unauthorized", error.code);
    for (const shown of [text(error), JSON.stringify(error), String(client), JSON.stringify(client), Object.keys(client).join()]) {
      ok(!shown.includes(token), shown);
    }
    const broken = new Matchport({ token, baseUrl, fetch: async () => { throw new Error(`Bearer ${token}`); }, times: { operation: 1 }, dangerouslyAllowBrowser: true });
    ok(!text(await refused(broken.sessions())).includes(token), "a transport's words");
    for (const bad of ["", "a b", "a\r\nb", 5, undefined]) {
      let thrown;
      try { new Matchport({ token: bad, baseUrl }); } catch (error) { thrown = error; }
      equal(thrown?.field, "token");
    }
    await Promise.all([client.close(), broken.close()]);
  },

  async "a closed client refuses"({ make }) {
    const client = make(async () => answer(200, { sessions: [] }));
    equal(await client.sessions(), []);
    await client.close();
    equal((await refused(client.sessions())).code, "shut_down");
    await client.close();
    const never = make(() => new Promise(() => {}));
    const pending = refused(never.sessions());
    await tick();
    await Promise.all([never.close({ within: 0 }), never.close()]);
    equal((await pending).code, "shut_down");
  },

  async "what the caller's own functions do wrong changes nothing"({ make }) {
    const client = make(async () => answer(201, STARTED));
    const onProgress = () => fail("a progress line");
    const onTicket = () => client.sessions().catch(() => {});
    const options = { image: "demo", locations: ["eu-west-1"], waitFor: "allocated", onProgress, onTicket };
    equal((await client.allocate(options)).endpoint, "10.0.0.1:27015");
    await client.close();
  },

  async "an address to which the token would go in the clear is refused"({ Matchport }) {
    const open = new Matchport({ token: "abc", baseUrl: "http://10.0.0.1", fetch: () => fail("sent"), dangerouslyAllowBrowser: true });
    equal((await refused(open.sessions())).field, "baseUrl");
    const path = new Matchport({ token: "abc", baseUrl: "https://a.example/x", fetch: () => fail("sent"), dangerouslyAllowBrowser: true });
    equal((await refused(path.sessions())).field, "baseUrl");
    await Promise.all([open.close(), path.close()]);
  },

  async "after a trap callers get one typed error, and the client goes on"({ make }) {
    let core;
    const instantiate = WebAssembly.instantiate;
    WebAssembly.instantiate = async (...args) => {
      const instance = await instantiate(...args);
      const exports = {};
      for (const name of Object.keys(instance.exports)) exports[name] = instance.exports[name];
      core = exports;
      return { exports };
    };
    try {
      let hang = true;
      const client = make((_url, { signal }) => (hang ? forever(signal) : Promise.resolve(answer(200, { sessions: [] }))));
      const pending = refused(client.sessions());
      await until(() => core);
      await tick();
      core.client_cancel = () => { throw new WebAssembly.RuntimeError("unreachable"); };
      const controller = new AbortController();
      const other = refused(client.sessions({ signal: controller.signal }));
      await tick();
      controller.abort();
      const errors = await Promise.all([pending, other]);
      equal(errors.map((error) => [error.code, error.outcome]), [["internal", "unknown"], ["internal", "unknown"]]);
      hang = false;
      equal(await client.sessions(), []);
      await client.close();
    } finally {
      WebAssembly.instantiate = instantiate;
    }
  },

  async "an exchange costs two crossings with a text or bytes: the request out, the answer in"({ make }) {
    const counted = { in: 0, out: 0 };
    const { decode } = TextDecoder.prototype;
    const instantiate = WebAssembly.instantiate;
    let memory;
    TextDecoder.prototype.decode = function (...args) {
      if (memory && args[0]?.buffer === memory.buffer) counted.out++;
      return decode.apply(this, args);
    };
    WebAssembly.instantiate = async (...args) => {
      const { exports } = await instantiate(...args);
      ({ memory } = exports);
      const allocate = (...sizes) => (counted.in++, exports.__wbindgen_malloc(...sizes));
      return { exports: { ...exports, __wbindgen_malloc: allocate } };
    };
    try {
      const crossings = async (describes) => {
        let left = describes;
        const client = make(
          async (_url, { method }) =>
            method === "POST"
              ? answer(201, STARTED)
              : answer(200, { id: "s", image: "demo", location: "eu", status: --left > 0 ? "created" : "running" }),
          { poll: 10 },
        );
        Object.assign(counted, { in: 0, out: 0 });
        await client.allocate({ image: "demo", locations: ["eu"], id: "s" });
        equal(left, 0);
        await client.close();
        return { ...counted };
      };
      const [few, many] = [await crossings(2), await crossings(7)];
      ok(few.in > 0 && few.out > 0, "they are counted");
      equal({ in: many.in - few.in, out: many.out - few.out }, { in: 5, out: 5 });
    } finally {
      TextDecoder.prototype.decode = decode;
      WebAssembly.instantiate = instantiate;
    }
  },

  async "locations are ranked without a client"({ rankLocations }) {
    const { ranked, leftOut } = await rankLocations(["us-east-1", "eu-west-1", "ap"], PLAYERS);
    equal(ranked.map((it) => [it.location, it.worstMs]), [["eu-west-1", 31], ["us-east-1", 99]]);
    equal(leftOut, [{ location: "ap", reason: "missing_sample" }]);
    const flat = await rankLocations(["a", "b"], Uint16Array.of(10, 200, 20, 1), { maxLatency: 100 });
    equal([flat.ranked.map((it) => it.location), flat.leftOut], [["a"], [{ location: "b", reason: "over_cap" }]]);
    equal((await refused(rankLocations(["a"], [{ id: "x", latencies: { a: -1 } }]))).field, 'players[0].latencies["a"]');
    equal((await refused(rankLocations(["a", "a"], []))).field, "locations[1]");
    equal((await refused(rankLocations(["a", "b"], Uint16Array.of(1)))).field, "players");
  },
};

function maker({ Matchport }, { baseUrl, fetch }) {
  return (scripted, times) =>
    new Matchport({ token: "local", baseUrl, fetch: scripted ?? fetch, times, dangerouslyAllowBrowser: true });
}

const real = (url, init) => globalThis.fetch(url, { ...init, signal: undefined });
const tick = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition) {
  while (!condition()) await tick(5);
}

/** Settles only when it is aborted, as a real fetch would. */
function forever(signal) {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

function answer(status, body = null) {
  const text = typeof body === "string" || body === null ? body : JSON.stringify(body);
  return new Response(text, { status, headers: { "content-type": "application/json" } });
}

async function opened(stream) {
  const reader = stream.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value;
}

/** Artifacts are there once the session has ended. */
async function retried(attempt) {
  for (let left = 100; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      await tick(50);
    }
  }
}

async function refused(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    if (error?.name !== "MatchportError") throw error;
    return error;
  }
  throw new Error(`should have failed, but gave ${JSON.stringify(value)}`);
}

function text(error) {
  return `${error} ${error.stack} ${error.message} ${JSON.stringify(error)} ${error.cause ?? ""}`;
}

function fail(why) {
  throw new Error(why);
}

function ok(condition, why) {
  if (!condition) throw new Error(`not so: ${why}`);
}

function equal(found, expected) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`found ${a}, expected ${b}`);
}

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`took over ${ms} ms`)), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
