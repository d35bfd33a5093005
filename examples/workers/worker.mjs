// A matchmaker's backend on Cloudflare Workers. Each match is a Durable Object, which keeps the ticket: if the isolate
// dies halfway, the next request for the match goes on in another one, and there is still one server.
//   POST /matches/ID   {"players": [{"id": "ada", "latencies": {"eu-west-1": 23}}]}
import { Matchport, MatchportError } from "matchport";

export default {
  fetch(request, env) {
    const [, matches, id] = new URL(request.url).pathname.split("/");
    if (matches !== "matches" || !id) return new Response("POST /matches/ID", { status: 404 });
    return env.MATCHES.get(env.MATCHES.idFromName(id)).fetch(request);
  },
};

export class Match {
  #storage;
  #env;

  constructor(state, env) {
    this.#storage = state.storage;
    this.#env = env;
  }

  async fetch(request) {
    const done = await this.#storage.get("endpoint");
    if (done) return Response.json(done);
    // A client for each request: in Workers what one request opened no other may use.
    const client = new Matchport({ token: this.#env.MATCHPORT_TOKEN, baseUrl: this.#env.MATCHPORT_BASE_URL });
    const onTicket = (ticket) => this.#storage.put("ticket", ticket);
    try {
      const ticket = await this.#storage.get("ticket");
      const { id, endpoint, location, report } = ticket
        ? await client.resume(ticket, { onTicket })
        : await client.allocate({ image: "demo", ttl: "10m", ...(await request.json()), onTicket });
      const result = { id, endpoint, location, adopted: report.adopted };
      await this.#storage.put("endpoint", result);
      return Response.json(result);
    } catch (error) {
      if (!(error instanceof MatchportError)) throw error;
      // What could not be settled is kept, so that it can be; all else may be asked for again from the start.
      if (error.ticket) await this.#storage.put("ticket", error.ticket);
      else await this.#storage.delete("ticket");
      return Response.json({ code: error.code, message: error.message }, { status: error.retryable ? 503 : 400 });
    } finally {
      await client.close();
    }
  }
}
