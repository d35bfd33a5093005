// What happens in the pictures: a small evening of a matchmaker, with everything that the dashboard can show.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const CONFIG = `
[[location]]
id = "eu-west-1"
capacity = 40

[[location]]
id = "us-east-1"
capacity = 25

[[location]]
id = "ap-southeast-1"
capacity = 6

[[location]]
id = "sa-east-1"

[[image]]
name = "arena"
ports = ["7777/udp"]
tags = ["v1.4", { name = "v1.5", priority = 5 }]
labels = { mode = "ranked" }
command = ["/bin/sh", "-c", """
printf 'arena server, session %s\\\\n' "$GAMEYE_SESSION_ID"
printf '\\\\033[32mINFO\\\\033[0m  map loaded: <b>dust2</b>\\\\n'
(n=0; while :; do n=$((n+1)); echo "tick $n, players answer in $((n % 7 + 11)) ms"; sleep 0.4; done) &
exec "$0" game-server
""", "PROGRAM"]

[[image]]
name = "lobby"
ports = ["9000/udp"]
`;

export function configure(folder, program) {
  const file = join(folder, "scene.toml");
  writeFileSync(file, CONFIG.replace("PROGRAM", program));
  return file;
}

export function client(baseUrl, token = "local") {
  return async (method, path, body) => {
    const response = await fetch(baseUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    }).catch(() => null);
    return response && { status: response.status, body: await response.json().catch(() => null) };
  };
}

const places = ["eu-west-1", "eu-west-1", "eu-west-1", "us-east-1", "us-east-1", "ap-southeast-1", "sa-east-1"];
const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
export const shown = "match-2417-9c1f";

/** Plays it for some seconds; `seconds` decides how much of the charts is filled. */
export async function play(baseUrl, seconds = 14) {
  const ask = client(baseUrl);
  const started = [];
  // Late, since no more than the last thousand requests are kept.
  const late = Math.max(0, seconds - 15) * 4;
  for (let step = 0; step < seconds * 4; step += 1) {
    if (step === late) await playShown(ask);
    const burst = Math.floor(step / 4) % 3;
    for (let one = 0; one <= burst; one += 1) {
      const location = places[(started.length * 3 + one) % places.length];
      const answer = await ask("POST", "/session", { image: started.length % 5 === 4 ? "lobby" : "arena", location, ttl: 900, env: { MAP: "mirage" } });
      if (answer?.status === 201) {
        started.push(answer.body.id);
        await ask("GET", `/session/${answer.body.id}`);
        await ask("PUT", "/session/player/join", { session: answer.body.id, players: [...Array((started.length % 8) + 1)].map((_, it) => `player-${started.length}-${it}`) });
      }
    }
    if (started.length > 34) await ask("DELETE", `/session/${started.splice(4, 1)[0]}`);
    await sleep(250);
  }
}

/** The allocation that is looked at: the answer to its start is lost, so that it looks, and asks again. */
async function playShown(ask) {
  await ask("POST", "/_emulator/faults", { operation: "start", cut: true, when: "after", count: 1 });
  const start = { image: "arena", location: "sa-east-1", id: shown, ttl: 3600, env: { MAP: "dust2", RCON_PASSWORD: "hunter2" }, labels: { region: "home" } };
  await ask("POST", "/session", start);
  await sleep(180);
  await ask("GET", `/session/${shown}`);
  await ask("PUT", "/session/player/join", { session: shown, players: ["ada", "bo", "cleo", "dana"] });
  await ask("POST", "/session", start);
  await ask("POST", "/_emulator/faults", { operation: "describe", status: 503, share: 0.05, seed: 3 });
}
