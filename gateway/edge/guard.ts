// Who may ask: authentication before anything of the request is read.
import { createMiddleware } from "hono/factory";
import type { Config } from "../config.ts";
import type { Edge } from "./edge.ts";
import { problem } from "./problem.ts";

/**
 * `open`: everybody is tenant `local`. `required`: no key has been issued that could be valid, so
 * nobody is let in. What may leave the house is the deployment's word.
 */
export function guard({ AUTH_MODE, EGRESS }: Config) {
  return createMiddleware<Edge>(async (c, next) => {
    if (AUTH_MODE === "required") return problem(c, { kind: "unauthorized" });
    c.set("identity", { tenant: "local", egress: EGRESS });
    return next();
  });
}
