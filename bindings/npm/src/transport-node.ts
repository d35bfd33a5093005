/** The transport of Node: `node:http` and `node:https` with connections that are kept. */
import http from "node:http";
import https from "node:https";
import { urlToHttpOptions } from "node:url";

import {
  BROKEN,
  JSON_TYPE,
  TOO_LARGE,
  failureOf,
  joined,
  secondsOf,
  wordsOf,
  type Exchange,
  type Transport,
  type WireRequest,
} from "./transport.js";

/** Where requests go, and the connections there. */
interface Peer {
  origin: string;
  /** As it stands in the header. */
  host: string;
  hostname: string | null | undefined;
  port: string | number | null | undefined;
  agent: http.Agent;
  request(options: http.RequestOptions): http.ClientRequest;
}

export class NodeTransport implements Transport {
  #peer: Peer | undefined;

  send(request: WireRequest, exchange: Exchange): () => void {
    let over = false;
    const end = (report: () => void): void => {
      if (over) return;
      over = true;
      report();
    };
    const message = this.#request(request);
    message.on("response", (response) => {
      const status = response.statusCode ?? 0;
      const retryAfter = secondsOf(response.headers["retry-after"]);
      const cut = (): void => end(() => exchange.failed(BROKEN, "the answer was cut short"));
      response.on("error", cut).on("close", cut);
      if (request.maxBytes > 0) {
        const pieces: Uint8Array[] = [];
        let size = 0;
        response.on("data", (piece: Uint8Array) => {
          size += piece.length;
          pieces.push(piece);
          if (size <= request.maxBytes) return;
          end(() => exchange.failed(TOO_LARGE, `the answer is larger than ${request.maxBytes} bytes`));
          message.destroy();
        });
        response.on("end", () => end(() => exchange.whole(status, retryAfter, joined(pieces, size))));
        return;
      }
      if (over) return;
      exchange.started(status, retryAfter);
      response.on("data", (piece: Uint8Array) => {
        if (over) return;
        const more = exchange.data(piece);
        if (!more) return;
        response.pause();
        void more.then(() => response.resume());
      });
      response.on("end", () => end(() => exchange.ended()));
    });
    message.on("error", (error) => end(() => exchange.failed(failureOf(error), wordsOf(error))));
    message.end(request.body);
    return () => {
      over = true;
      message.destroy();
    };
  }

  close(): void {
    this.#peer?.agent.destroy();
    this.#peer = undefined;
  }

  /** Headers as a list and an address that is taken apart once: with objects for both, Node takes twice the time. */
  #request({ method, url, authorization, accept, body }: WireRequest): http.ClientRequest {
    const pathAt = url.indexOf("/", url.indexOf("://") + 3);
    const peer = this.#reach(url.slice(0, pathAt));
    const { agent, host, hostname, port } = peer;
    const headers = ["host", host, "connection", "keep-alive", "authorization", authorization, "accept", accept];
    if (body !== undefined) {
      headers.push("content-type", JSON_TYPE, "content-length", String(Buffer.byteLength(body)));
    }
    return peer.request({ hostname, port, path: url.slice(pathAt), method, agent, headers });
  }

  /** The one to talk to: all requests of a client go to the same. */
  #reach(origin: string): Peer {
    if (this.#peer?.origin === origin) return this.#peer;
    this.#peer?.agent.destroy();
    const url = new URL(origin);
    const { hostname, port } = urlToHttpOptions(url);
    const shared = { origin, host: url.host, hostname, port };
    return (this.#peer =
      url.protocol === "https:"
        ? { ...shared, agent: new https.Agent({ keepAlive: true }), request: https.request }
        : { ...shared, agent: new http.Agent({ keepAlive: true }), request: http.request });
  }
}
