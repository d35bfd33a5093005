// What a request says of itself, over Node's own transport and over fetch: run in a folder that has the package.
import { deepStrictEqual } from "node:assert";
import { createServer } from "node:http";

import { Matchport } from "matchport";

const NAMES = ["host", "authorization", "accept", "content-type", "content-length", "transfer-encoding"];
const seen = [];
const server = createServer((request, response) => {
  const { method, url, headers } = request;
  const said = Object.fromEntries(NAMES.map((name) => [name, headers[name]]));
  seen.push({ method, url, said, socket: request.socket.remotePort });
  request.resume().on("end", () => response.writeHead(method === "DELETE" && !headers["content-type"] ? 204 : 200).end('{"count":1,"players":["ö"]}'));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const host = `127.0.0.1:${server.address().port}`;
const all = { host, authorization: "Bearer t", accept: "application/json", "content-type": undefined, "content-length": undefined, "transfer-encoding": undefined };
const holding = (body) => ({ ...all, "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) });

for (const fetch of [undefined, globalThis.fetch]) {
  const client = new Matchport({ token: "t", baseUrl: `http://${host}`, ...(fetch && { fetch }) });
  await client.join("s-1", ["ö"]);
  await client.leave(["ö"]);
  await client.stop("s-1");
  await client.close();
  const [join, leave, stop] = seen.splice(0);
  deepStrictEqual([join.method, join.url, join.said], ["PUT", "/session/player/join", holding('{"session":"s-1","players":["ö"]}')]);
  deepStrictEqual([leave.method, leave.url, leave.said], ["DELETE", "/session/player/leave", holding('{"players":["ö"]}')]);
  deepStrictEqual([stop.method, stop.url, stop.said], ["DELETE", "/session/s-1", all]);
  if (!fetch) deepStrictEqual([leave.socket, stop.socket], [join.socket, join.socket], "the connection is kept");
}
server.closeAllConnections();
server.close();
