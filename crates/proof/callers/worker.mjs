// The npm package in workerd: a line is the body of a request, and the report is the answer.
import * as matchport from "matchport";

import { call } from "./calls.mjs";

export default {
  async fetch(request) {
    return new Response(await call(matchport, await request.text()));
  },
};
