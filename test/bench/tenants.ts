// `npm run bench -- tenants`: whether the time of an answer tells that another tenant asked the same.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hex } from "../../gateway/core/hex.ts";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { digestOf, mintKey } from "../../gateway/tenancy/api-key.ts";
import type { StoredKey } from "../../gateway/tenancy/stored-key.ts";
import { copyCheckout } from "../start/checkout.ts";
import { startFakeVllm } from "../support/fake-vllm.ts";
import { startStack } from "../support/stack.ts";
import { measured } from "./machine.ts";
import { permutationTest, quantile } from "./stats.ts";

/** Of 60 a minute and key, so that no run can meet the limit. */
const requestsPerKey = 45;
const warmUpRounds = 10;

/** `foreign`: known to the other tenant. `miss`: known to nobody. `own`: known to the tenant itself. */
const kinds = ["foreign", "miss", "own"] as const;
type Kind = (typeof kinds)[number];

/** @param args `--rounds N` (default 300), `--out FILE` */
export async function benchTenants(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "300" },
      out: { type: "string", default: "test/bench/results/tenants.json" },
    },
  });
  const rounds = Number(values.rounds) + warmUpRounds;
  using checkout = copyCheckout();
  const perTenant = Math.ceil((kinds.length * rounds) / requestsPerKey);
  const [first, second] = await storeKeys(checkout.folder, ["first", "second"], perTenant);
  const vllm = await startFakeVllm();
  const stack = await startStack(
    ["--persist", "--origin", vllm.url],
    { AUTH_MODE: "required" },
    checkout.folder,
  );
  const times: Record<Kind, number[]> = { foreign: [], miss: [], own: [] };
  try {
    const asks = { first: 0, second: 0 };
    const ask = async (tenant: "first" | "second", text: string, status: string) => {
      const keys = tenant === "first" ? first : second;
      const key = keys?.[asks[tenant]++ % perTenant] ?? "";
      const startedMs = performance.now();
      const response = await fetch(`${stack.url}/v1/rank`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({ text, themes: life }),
      });
      const answer = (await response.json()) as { cache?: { status: string } };
      const tookMs = performance.now() - startedMs;
      if (answer.cache?.status !== status) {
        throw new Error(
          `${tenant} expected ${status}: ${response.status} ${JSON.stringify(answer)}`,
        );
      }
      return tookMs;
    };
    const textOf = (what: string, round: number) =>
      `${what} ${round}. The bills are late and my debt eats the money. I lie awake.`;

    for (let round = 0; round < rounds; round += 1) {
      const known = textOf("Known", round);
      await ask("first", known, "miss");
      const own = textOf("Own", round);
      await ask("second", own, "miss");
      const wanted: Record<Kind, () => Promise<number>> = {
        foreign: () => ask("second", known, "miss"),
        miss: () => ask("second", textOf("Other", round), "miss"),
        own: () => ask("second", own, "hit"),
      };
      // In another order each round: what drifts, drifts for all three.
      for (const kind of kinds.toSorted(() => Math.random() - 0.5)) {
        const tookMs = await wanted[kind]();
        if (round >= warmUpRounds) times[kind].push(tookMs);
      }
    }
  } finally {
    await stack.stop();
    await vllm.close();
  }

  const figures = kinds.map((kind) => ({
    kind,
    n: times[kind].length,
    p50_ms: round2(quantile(times[kind], 0.5)),
    p95_ms: round2(quantile(times[kind], 0.95)),
  }));
  const p = {
    foreign_against_miss: permutationTest(times.foreign, times.miss),
    own_against_miss: permutationTest(times.own, times.miss),
  };
  const report = { ...measured(), figures, p };
  mkdirSync("test/bench/results", { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
  console.table(figures);
  console.log(
    `medians so far apart by chance: foreign and miss p = ${p.foreign_against_miss.toFixed(4)}, ` +
      `own and miss p = ${p.own_against_miss.toFixed(4)} (10,000 permutations, two-sided)\n` +
      `${report.date}, commit ${report.commit}, ${report.machine}; figures in ${values.out}`,
  );
}

const round2 = (value: number) => Math.round(value * 100) / 100;

/** Keys of each tenant in the local state of a checkout, by one run of wrangler for all. */
async function storeKeys(folder: string, tenants: readonly string[], count: number) {
  const entries: object[] = [];
  const texts: string[][] = [];
  for (const tenant of tenants) {
    const metadata: StoredKey = {
      tenant,
      scopes: ["rank"],
      egress: "none",
      created_at: new Date().toISOString(),
      revoked_at: null,
      replaces: null,
    };
    const keys = Array.from({ length: count }, () => mintKey("test"));
    for (const key of keys) {
      entries.push({ key: `key:${key.id}`, value: hex(await digestOf(key)), metadata });
    }
    texts.push(keys.map(({ text }) => text));
  }
  const file = join(folder, "keys.json");
  writeFileSync(file, JSON.stringify(entries));
  const wrangler = join(folder, "node_modules/wrangler/bin/wrangler.js");
  execFileSync(
    process.execPath,
    [wrangler, "kv", "bulk", "put", file, "--binding", "STATE", "--local", "--env="],
    { cwd: folder, stdio: "ignore", env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  return texts;
}
