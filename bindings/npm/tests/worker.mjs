// The suite as a Worker: asked for with the emulator's address in the query, it answers with the results.
import * as matchport from "matchport";

import { run } from "../suite.mjs";

export default {
  async fetch(request) {
    const baseUrl = new URL(request.url).searchParams.get("baseUrl");
    return Response.json(await run(matchport, { baseUrl }));
  },
};
