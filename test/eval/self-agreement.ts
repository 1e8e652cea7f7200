// A ranker asked again: once as before, and with its themes in other orders.
import { paired, type Compared } from "./agreement-report.ts";
import { chance } from "./chance.ts";
import { withShuffledThemes, type Client } from "./client.ts";
import type { Dataset } from "./dataset.ts";
import { evaluate, type EvaluateOptions } from "./evaluate.ts";
import type { SetRun } from "./record.ts";

const shuffles = 3;

/** @param first the run that the others are compared with */
export async function selfAgreement(
  client: Client,
  datasets: readonly Dataset[],
  first: readonly SetRun[],
  options: EvaluateOptions,
): Promise<Compared[]> {
  const again = async (name: string, asked: Client) => {
    const partialFile = `${options.partialFile}.${name.replace(" ", "-")}`;
    const { sets } = await evaluate(asked, datasets, { ...options, partialFile });
    return paired(name, first, sets);
  };
  const compared = [await again("itself repeated", client)];
  for (let seed = 1; seed <= shuffles; seed += 1) {
    compared.push(await again(`shuffled ${seed}`, withShuffledThemes(client, chance(seed))));
  }
  return compared;
}
