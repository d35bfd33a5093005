// An AWS Lambda for FlexMatch in standalone mode: EventBridge calls it with `MatchmakingSucceeded`, and the match gets
// its server. Events may come twice; the match's id makes that one server all the same.
//   esbuild handler.mjs --bundle --platform=node --format=cjs --outfile=index.js
import { Matchport } from "matchport";

// Outside of the handler, so that a warm Lambda keeps its connections.
let client;

export async function handler(event) {
  const { type, matchId, tickets } = event.detail;
  if (type !== "MatchmakingSucceeded") return { ignored: type };
  client ??= new Matchport({ token: process.env.MATCHPORT_TOKEN, baseUrl: process.env.MATCHPORT_BASE_URL });
  const players = tickets.flatMap((ticket) => ticket.players.map((player) => player.playerId));
  const { id, endpoint, location } = await client.allocate({
    image: process.env.MATCHPORT_IMAGE,
    // FlexMatch keeps latencies to itself; the order of the locations decides.
    locations: process.env.MATCHPORT_LOCATIONS?.split(","),
    matchId,
    ttl: "1h",
    deadline: "20s",
  });
  return { matchId, session: id, endpoint, location, players };
}
