// Measures the package's limits as ratios: node bench.mjs PACKAGE_DIR. Prints one JSON object a measurement. Variants of
// the same work run in turn, so that a noisy neighbour hits all of them alike; the ratio is that of the medians.
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

import createClient from "openapi-fetch";

const STARTED = JSON.stringify({ host: "10.0.0.1", ports: [{ type: "udp", container: 7777, host: 27015 }] });
const quick = Boolean(process.env.MATCHPORT_BENCH_QUICK);
const filter = process.env.MATCHPORT_BENCH_FILTER ?? "";
const folder = resolve(process.argv[2] ?? ".");

if (process.argv[2] === "--server") serve();
else await measure();

/** The service: a process of its own, so that its CPU time is not counted. */
function serve() {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(201, { "content-type": "application/json", "content-length": STARTED.length }).end(STARTED);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

async function measure() {
  const matchport = await import(pathToFileURL(join(folder, "dist/node.js")).href);
  sizes();
  await exchanges(matchport);
  await lists(matchport);
  await placement(matchport);
}

function sizes() {
  const brotli = (name) => {
    const bytes = readFileSync(join(folder, name));
    return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: 24 } }).length;
  };
  const [wasm, javascript] = [brotli("core.wasm"), brotli("dist/node.js")];
  report("size of the wasm, of 45 kB", wasm / 45_000, 1, 1, { bytes: wasm });
  report("size of the JavaScript, of 12 kB", javascript / 12_000, 1, 1, { bytes: javascript });
}

async function exchanges({ Matchport }) {
  const names = ["allocate over fetch, of fetch and JSON.parse", "allocate over fetch, of openapi-fetch", "allocate in Node, of fetch and JSON.parse", "allocate in Node, 64 in flight, CPU of fetch and JSON.parse"];
  if (!names.some(wanted)) return;
  const child = fork(fileURLToPath(import.meta.url), ["--server"]);
  const baseUrl = `http://127.0.0.1:${await new Promise((done) => child.once("message", done))}`;
  const overFetch = new Matchport({ token: "t", baseUrl, fetch: (url, init) => fetch(url, init) });
  const overNode = new Matchport({ token: "t", baseUrl });
  const openapi = createClient({ baseUrl, headers: { authorization: "Bearer t" } });
  const request = { image: "demo", locations: ["eu-west-1"], waitFor: "allocated" };
  const headers = { authorization: "Bearer t", "content-type": "application/json", accept: "application/json" };
  const body = () => ({ location: "eu-west-1", image: "demo", id: crypto.randomUUID(), ttl: 3600 });
  const variants = {
    bare: async () => {
      const response = await fetch(`${baseUrl}/session`, { method: "POST", headers, body: JSON.stringify(body()) });
      return JSON.parse(await response.text()).ports[0].host;
    },
    openapi: async () => (await openapi.POST("/session", { body: body() })).data.ports[0].host,
    fetch: async () => (await overFetch.allocate(request)).ports[0].host,
    node: async () => (await overNode.allocate(request)).ports[0].host,
  };
  const one = await compare(variants, quick ? 300 : 3000, 20);
  const us = (times) => ({ us: Math.round(times * 1e4) / 10 });
  const micro = Object.fromEntries(Object.entries(one.time).map(([name, time]) => [name, us(time).us]));
  report(names[0], one.time.fetch / one.time.bare, 1.03, one.rounds, micro);
  report(names[1], one.time.fetch / one.time.openapi, 0.85, one.rounds, micro);
  report(names[2], one.time.node / one.time.bare, 0.7, one.rounds, micro);
  const many = (run) => () => Promise.all(Array.from({ length: 64 }, run));
  const { cpu, rounds } = await compare({ bare: many(variants.bare), node: many(variants.node) }, quick ? 20 : 200, 1);
  report(names[3], cpu.node / cpu.bare, 0.35, rounds, { bare_cpu_ms: cpu.bare, node_cpu_ms: cpu.node });
  await Promise.all([overFetch.close(), overNode.close()]);
  child.kill();
}

async function lists({ Matchport }) {
  const sizes = [[10_000, 0.5], [100_000, 0.35]];
  for (const [count, limit] of sizes) {
    const name = `backfill from ${count} sessions, of JSON.parse and a selection`;
    const listName = `sessions() with ${count} entries, of JSON.parse`;
    if (!wanted(name) && !wanted(listName)) continue;
    const bytes = new TextEncoder().encode(JSON.stringify({ sessions: Array.from({ length: count }, (_, at) => entry(at)) }));
    const joined = new TextEncoder().encode('{"count":5,"players":["a"]}');
    const answer = (body) => ({
      status: 200,
      headers: { get: () => null },
      body: undefined,
      arrayBuffer: async () => body.buffer.slice(body.byteOffset, body.byteOffset + body.length),
    });
    const scripted = async (_url, { method }) => answer(method === "GET" ? bytes : joined);
    const client = new Matchport({ token: "t", baseUrl: "http://127.0.0.1:1", fetch: scripted });
    const parse = async () => JSON.parse(new TextDecoder().decode(await (await scripted("", { method: "GET" })).arrayBuffer()));
    const variants = {
      parse,
      select: async () => best((await parse()).sessions),
      backfill: async () => (await client.backfill({ image: "demo", players: ["a"], capacity: 10 })).count,
      sessions: async () => (await client.sessions()).length,
    };
    const { time, rounds } = await compare(variants, quick ? 5 : count > 50_000 ? 11 : 41, 1);
    const detail = Object.fromEntries(Object.entries(time).map(([key, ms]) => [`${key}_ms`, Math.round(ms * 1000) / 1000]));
    report(name, time.backfill / time.select, limit, rounds, detail);
    if (count === 10_000) report(listName, time.sessions / time.parse, 1.02, rounds, detail);
    await client.close();
  }
}

/** The ten best with room, as one would write it. */
function best(sessions) {
  return sessions
    .filter((it) => it.image === "demo" && it.status === "running" && it.playerCount + 1 <= 10)
    .sort((a, b) => b.playerCount - a.playerCount || a.created - b.created)
    .slice(0, 10);
}

function entry(at) {
  const id = `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
  const gameye = JSON.stringify({ organization: "o", session: id, image: "demo", region: "eu-west-1", tag: "v1" });
  const labels = { tags: '{"mode":"duo"}', env: '{"MAP":"dust2"}', gameye };
  const place = { image: "demo", tag: "v1", location: "eu-west-1", host: `10.0.${at % 250}.1` };
  return { id, ...place, created: 1_712_345_678_901 + at, port: { "7777/udp": 20_000 + (at % 9000) }, status: "running", playerCount: at % 12, labels };
}

async function placement({ rankLocations }) {
  const names = ["placement of 100 x 200 from objects, of a loop", "placement of 100 x 200 from a Uint16Array, of a loop"];
  if (!names.some(wanted)) return;
  const locations = Array.from({ length: 200 }, (_, at) => `location-${at}`);
  const ms = (row, column) => (row * 7919 + column * 104_729) % 300;
  const latencies = (row) => Object.fromEntries(locations.map((name, column) => [name, ms(row, column)]));
  const players = Array.from({ length: 100 }, (_, row) => ({ id: `p${row}`, latencies: latencies(row) }));
  const flat = Uint16Array.from({ length: 20_000 }, (_, at) => ms(Math.floor(at / 200), at % 200));
  const costs = (figure) => {
    const cost = [];
    for (let column = 0; column < 200; column++) {
      let [worst, sum] = [0, 0];
      for (let row = 0; row < 100; row++) {
        const it = figure(row, column);
        if (it > worst) worst = it;
        sum += it;
      }
      cost.push([0.5 * worst + (0.5 * sum) / 100, column]);
    }
    return cost.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, column]) => locations[column])[0];
  };
  const variants = {
    objectLoop: async () => costs((row, column) => players[row].latencies[locations[column]]),
    objects: async () => (await rankLocations(locations, players)).ranked[0].location,
    flatLoop: async () => costs((row, column) => flat[row * 200 + column]),
    flat: async () => (await rankLocations(locations, flat)).ranked[0].location,
  };
  const { time, rounds } = await compare(variants, quick ? 50 : 301, 10);
  const detail = Object.fromEntries(Object.entries(time).map(([name, it]) => [`${name}_us`, Math.round(it * 1000)]));
  report(names[0], time.objects / time.objectLoop, 1.05, rounds, detail);
  report(names[1], time.flat / time.flatLoop, 0.25, rounds, detail);
}

/** Medians of the time and CPU of one call, in milliseconds, of all variants in turn. */
async function compare(variants, rounds, calls) {
  const names = Object.keys(variants);
  const samples = Object.fromEntries(names.map((name) => [name, { time: [], cpu: [] }]));
  rounds = Math.max(5, Math.ceil(rounds / calls)) | 1;
  for (let round = -Math.ceil(rounds / 5); round < rounds; round++) {
    for (let at = 0; at < names.length; at++) {
      const name = names[(at + round + names.length * rounds) % names.length];
      const [cpu, start] = [process.cpuUsage(), performance.now()];
      for (let call = 0; call < calls; call++) await variants[name]();
      const time = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      if (round < 0) continue;
      samples[name].time.push(time / calls);
      samples[name].cpu.push((user + system) / 1000 / calls);
    }
  }
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  const of = (what) => Object.fromEntries(names.map((name) => [name, median(samples[name][what])]));
  return { time: of("time"), cpu: of("cpu"), rounds };
}

function wanted(name) {
  return name.includes(filter);
}

function report(name, ratio, limit, samples, detail) {
  if (wanted(name)) console.log(JSON.stringify({ bench: "npm", name, ratio, limit, better: "lower", samples, detail }));
}
