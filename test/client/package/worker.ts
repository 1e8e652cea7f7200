// The consumer as a Worker of its own.
import { use } from "./consumer.ts";

export default {
  async fetch(_request: Request, env: { readonly URL: string; readonly CLOSED: string }) {
    return Response.json(await use(env.URL, env.CLOSED));
  },
};
