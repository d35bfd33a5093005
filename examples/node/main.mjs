// A match of two gets its server. Against `matchport emulator`:
//   npm install matchport && node main.mjs
import { writeFile } from "node:fs/promises";

import { Matchport, MatchportError } from "matchport";

const { MATCHPORT_TOKEN = "local", MATCHPORT_BASE_URL = "http://127.0.0.1:4242" } = process.env;
const client = new Matchport({ token: MATCHPORT_TOKEN, baseUrl: MATCHPORT_BASE_URL });

try {
  const allocation = await client.allocate({
    image: "demo",
    players: [
      { id: "ada", latencies: { "eu-west-1": [23, 25, 31], "us-east-1": 95 } },
      { id: "bo", latencies: { "eu-west-1": 36, "us-east-1": 81 } },
    ],
    env: { MAP: "dust2" },
    ttl: "10m",
    maxLatency: { limit: 60, relaxPerSecond: 5, ceiling: 120 },
    // Should this process die, another one goes on with `client.resume(ticket, { env })`.
    onTicket: (ticket) => writeFile("match.ticket", ticket),
    onProgress: (progress) => console.log("...", progress.step),
  });
  console.log(`connect to ${allocation.endpoint} in ${allocation.location}`);
  for (const it of allocation.report.locations) {
    console.log(`  ${it.location}: ${it.leftOut ?? `${it.costMs} ms`}`);
  }
  console.log("players:", (await client.join(allocation.id, ["ada", "bo"])).count);
  await client.stop(allocation.id);
} catch (error) {
  if (!(error instanceof MatchportError)) throw error;
  console.error(`${error.code}: ${error.message} (${error.outcome}, ${error.retryable ? "try again later" : "final"})`);
  process.exitCode = 1;
} finally {
  await client.close();
}
