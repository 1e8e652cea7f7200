// KV namespaces of a first deploy that was cut off: wrangler would make them a second time, and fail.
import { z } from "zod";
import type { Target } from "./target.ts";
import type { Wrangler } from "./wrangler.ts";

const listed = z.array(z.object({ id: z.string(), title: z.string() }));

/** Ids by binding of those that are there under the title wrangler gives them. */
export async function adoptableNamespaces(
  wrangler: Wrangler,
  { worker, namespaces, flags }: Target,
): Promise<Readonly<Record<string, string>>> {
  const wanted = namespaces.filter(({ id }) => id === undefined);
  if (wanted.length === 0) return {};
  const { stdout } = await wrangler("kv", "namespace", "list", ...flags);
  const found = listed.parse(JSON.parse(stdout));
  return Object.fromEntries(
    wanted.flatMap(({ binding }) => {
      const title = `${worker}-${binding.toLowerCase().replaceAll("_", "-")}`;
      const there = found.find((each) => each.title === title);
      return there === undefined ? [] : [[binding, there.id]];
    }),
  );
}
