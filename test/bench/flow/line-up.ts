// The flows: one gateway each, by its settings alone, and who is expected to answer.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../support/ports.ts";
import { peersFolder } from "../gateway/peers.ts";
import { bundle, startWorkerd, type Server } from "../gateway/workerd.ts";
import { hit } from "./modes.ts";
import type { By } from "./request.ts";

export interface Flow {
  readonly name: string;
  readonly gateway: Server;
  readonly isExpected: (by: By) => boolean;
}

export interface LineUp {
  /** The one that all else is compared with. */
  readonly first: Flow;
  readonly flows: readonly Flow[];
  /** Those of them whose origin is down. */
  readonly outages: readonly Flow[];
  /** Asked for what the first knows: another isolate before the same KV. */
  readonly reader: Server;
}

const digits = JSON.stringify(
  Object.fromEntries(Array.from({ length: 10 }, (_, value) => [15 + value, value])),
);
const common = { AUTH_MODE: "open", CACHE_PEPPER: "a pepper of the benchmark" };

/** @param keep is given each gateway as it starts, to stop it in the end */
export async function lineUp(upstream: string, keep: (server: Server) => void): Promise<LineUp> {
  const folder = bundle(
    fileURLToPath(new URL("../../../gateway/index.ts", import.meta.url)),
    join(peersFolder, "flow"),
  );
  const google = { GEMINI_API_KEY: "none", GEMINI_BASE_URL: upstream };
  const address = upstream.replace("http://", "");
  const origin = (baseUrl: string) => ({
    ORIGIN_BASE_URL: baseUrl,
    ORIGIN_RATING_TOKENS: digits,
  });
  const [fast, slow] = [origin(`${upstream}/4090/v1`), origin(`${upstream}/a10g/v1`)];
  const start = async (reader: string, vars: Readonly<Record<string, string>>) => {
    const server = await startWorkerd(folder, { ...common, ...vars }, true, { address, reader });
    keep(server);
    return server;
  };
  const fresh =
    (source: string, summarySource: string, reason: string | null = null) =>
    (by: By) =>
      by.source === source &&
      by.summarySource === summarySource &&
      by.reason === reason &&
      by.cache === "miss" &&
      by.summaryCache === "miss";
  const flow = async (
    name: string,
    vars: Readonly<Record<string, string>>,
    isExpected: Flow["isExpected"],
  ): Promise<Flow> => ({ name, gateway: await start(name, vars), isExpected });

  const refusing = `http://127.0.0.1:${await freePort()}/v1`;
  const open = fresh("gemini", "gemini", "circuit_open");
  const first = await flow("hybrid, 4090", { ...fast, ...google }, fresh("origin", "gemini"));
  const up = [
    first,
    await flow("hybrid, A10G", { ...slow, ...google }, fresh("origin", "gemini")),
    await flow("all-Gemini", google, fresh("gemini", "gemini")),
    await flow("all-local, 4090", fast, fresh("origin", "origin")),
    await flow("all-local, A10G", slow, fresh("origin", "origin")),
  ];
  const outages = [
    await flow(
      "hybrid, origin hangs, circuit open",
      { ...origin(`${upstream}/hang/v1`), ...google },
      open,
    ),
    await flow("hybrid, origin refuses, circuit open", { ...origin(refusing), ...google }, open),
  ];
  const reader = await start(hit, { ...fast, ...google });
  return { first, flows: [...up, ...outages], outages, reader };
}
