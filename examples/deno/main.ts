// Backfill in Deno: players join a running session with room, or get a new one.
//   deno add npm:matchport && deno run --allow-net --allow-env main.ts
import { Matchport, MatchportError } from "matchport";

const client = new Matchport({
  token: Deno.env.get("MATCHPORT_TOKEN") ?? "local",
  baseUrl: Deno.env.get("MATCHPORT_BASE_URL") ?? "http://127.0.0.1:4242",
});
const players = ["cy", "di"];

try {
  const session = await client.backfill({ image: "demo", players, capacity: 8 });
  console.log(`${players.join(" and ")} join ${session.endpoint}, which has ${session.count} players now`);
} catch (error) {
  if (!(error instanceof MatchportError) || error.code !== "no_open_session") throw error;
  const { id, endpoint } = await client.allocate({ image: "demo", players: players.map((id) => ({ id })), ttl: "10m" });
  await client.join(id, players);
  console.log(`${players.join(" and ")} open ${endpoint}`);
} finally {
  await client.close();
}
