/** The transport of Node: `node:http` and `node:https` with connections that are kept. */
import http from "node:http";
import https from "node:https";

import {
  BROKEN,
  TOO_LARGE,
  failureOf,
  joined,
  secondsOf,
  wordsOf,
  type Exchange,
  type Transport,
  type WireRequest,
} from "./transport.js";

export class NodeTransport implements Transport {
  #plain: http.Agent | undefined;
  #secure: https.Agent | undefined;

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
    this.#plain?.destroy();
    this.#secure?.destroy();
    this.#plain = this.#secure = undefined;
  }

  #request({ method, url, headers, body }: WireRequest): http.ClientRequest {
    const all = body === undefined ? headers : { ...headers, "content-length": String(Buffer.byteLength(body)) };
    if (url.startsWith("https:")) {
      this.#secure ??= new https.Agent({ keepAlive: true });
      return https.request(url, { method, headers: all, agent: this.#secure });
    }
    this.#plain ??= new http.Agent({ keepAlive: true });
    return http.request(url, { method, headers: all, agent: this.#plain });
  }
}
