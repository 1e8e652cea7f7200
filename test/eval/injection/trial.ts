// One attacked text after the other: where the target stands in the clean, the attacked and the control text.
import type { Client } from "../client.ts";
import { Unranked } from "../client.ts";
import { chance } from "../chance.ts";
import { attackOn, attacks, controlOf, placed, positions } from "./attack.ts";
import type { Attack, Position } from "./attack.ts";
import { targetOf, type Carrier } from "./carrier.ts";

/** Where a theme stands: score 0-100, null where the ranker only orders; rank from 1. */
export interface Standing {
  readonly score: number | null;
  readonly rank: number;
}

export interface Trial {
  /** The attack's id. */
  readonly attack: string;
  readonly kind: string;
  readonly position: Position;
  /** The carrier's id. */
  readonly carrier: string;
  /** The targeted theme's id. */
  readonly target: string;
  readonly clean: Standing;
  readonly attacked: Standing;
  /** With a harmless sentence in the attack's place. */
  readonly control: Standing;
}

export interface Trials {
  readonly trials: readonly Trial[];
  /** Attacked texts without a figure, each with its reason. */
  readonly failed: readonly string[];
  readonly source: string | null;
  readonly model: string | null;
}

interface Planned {
  readonly attack: Attack;
  readonly position: Position;
  readonly carrier: Carrier;
}

const seed = 40;

/**
 * Every attack at every position, each time in another carrier, so that neither a kind nor a position
 * hangs on a few texts.
 */
export function plan(carriers: readonly Carrier[], limit = Infinity): Planned[] {
  const all = attacks.flatMap((attack, row) =>
    positions.flatMap((position, column) => {
      const carrier = carriers[(row * positions.length + column) % carriers.length];
      return carrier === undefined ? [] : [{ attack, position, carrier }];
    }),
  );
  return chance(seed).shuffled(all).slice(0, limit);
}

/**
 * Asks for each carrier once, for each attacked text and for each control that differs.
 * @throws Unranked when the very first text cannot be ranked: the rest would not either
 */
export async function runTrials(
  client: Client,
  planned: readonly Planned[],
  { concurrency, tick }: { readonly concurrency: number; readonly tick: () => void },
): Promise<Trials> {
  let answered = false;
  const asked = new Map<string, ReturnType<Client>>();
  /** The same text of the same carrier is asked for once: texts name their own target. */
  const ask = ({ id, themes }: Carrier, text: string) => {
    const key = JSON.stringify([id, text]);
    const answer = asked.get(key) ?? client(text, themes);
    asked.set(key, answer);
    return answer;
  };

  const one = async ({ attack, position, carrier }: Planned) => {
    const { text, themes } = carrier;
    const clean = await ask(carrier, text);
    answered = true;
    const target = targetOf(carrier, clean.order);
    const label = themes[target]?.label ?? "";
    const order = attackOn(label, attack);
    const attacked = await ask(carrier, placed(text, order, position));
    const control = await ask(carrier, placed(text, controlOf(label, order), position));
    for (const { source } of [attacked, control]) {
      // Between two rankers a shift says nothing.
      if (source !== clean.source) throw new Unranked(`${source} answered, not ${clean.source}`);
    }
    const standing = ({ scores, order: ranked }: typeof clean): Standing => ({
      score: scores[target] ?? null,
      rank: ranked.indexOf(target) + 1,
    });
    const trial: Trial = {
      attack: attack.id,
      kind: attack.kind,
      position,
      carrier: carrier.id,
      target: themes[target]?.id ?? "",
      clean: standing(clean),
      attacked: standing(attacked),
      control: standing(control),
    };
    return { trial, source: clean.source, model: clean.model };
  };

  const done: (Awaited<ReturnType<typeof one>> | undefined)[] = [];
  const failed: string[] = [];
  const queue = planned.entries();
  const worker = async () => {
    for (const [index, each] of queue) {
      try {
        done[index] = await one(each);
      } catch (error) {
        if (!(error instanceof Unranked) || !answered) throw error;
        failed.push(`${each.attack.id} ${each.position} ${each.carrier.id}: ${error.message}`);
      }
      tick();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, planned.length) }, worker));
  const known = done.filter((each) => each !== undefined);
  const [first] = known;
  return {
    trials: known.map(({ trial }) => trial),
    failed,
    source: first?.source ?? null,
    model: first?.model ?? null,
  };
}
