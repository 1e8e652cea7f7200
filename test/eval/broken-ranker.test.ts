// A ranker that is broken in a way that still looks like an answer must show in the figures.
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreementFigures, chanceFloor, paired } from "./agreement-report.ts";
import { calibration } from "./calibration.ts";
import { chance } from "./chance.ts";
import { createClient, withShuffledThemes, type Client } from "./client.ts";
import { readDatasets } from "./dataset.ts";
import { evaluate } from "./evaluate.ts";
import { compare, setFigures } from "./figures.ts";
import { rankerApis } from "./rankers.ts";
import { fakeGateway, type FakeGateway, type Score, type Scored } from "./support/fake-gateway.ts";

const datasets = readDatasets("test/eval/data", "dev", 60);
const truth = new Map(
  datasets.flatMap(({ rows }) => rows.map(({ text, relevant }) => [text, new Set(relevant)])),
);
let gateway: FakeGateway;
let client: Client;

beforeAll(async () => {
  gateway = await fakeGateway(() => []);
  const wanted = { sources: null, cache: "no-store", model: "" };
  const api = rankerApis["themerank"];
  if (api === undefined) throw new Error("no such API");
  client = createClient({ api, url: gateway.url, key: "", wanted });
});

afterAll(() => gateway.close());

let runs = 0;
async function sets(score: Score, asked = client) {
  gateway.score = score;
  runs += 1;
  const run = `broken-${process.pid}-${runs}`;
  const partialFile = path.join(tmpdir(), `${run}.partial`);
  const evaluated = await evaluate(asked, datasets, { concurrency: 8, partialFile, run });
  expect(evaluated.failed).toEqual([]);
  return evaluated.sets;
}

/**
 * A fair ranker: relevant themes get more, noise blurs them; one text and theme have one score,
 * whatever order the themes come in.
 */
const sound: Score = (text, themes) =>
  themes.map(({ id }) => {
    const digest = createHash("sha256").update(`${text}/${id}`).digest();
    const noise = digest.readUInt32BE() / 2 ** 32;
    const score = (truth.get(text)?.has(id) === true ? 40 : 0) + 60 * noise;
    return { score, confidence: null };
  });

const reversed: Score = (text, themes) =>
  (sound(text, themes) as readonly Scored[]).map((each) => ({ ...each, score: 100 - each.score }));

const mix = chance(3);
const shuffledAfterScoring: Score = (text, themes) =>
  mix.shuffled(sound(text, themes) as readonly Scored[]);

test("scores reversed: below chance, and worse in the paired comparison", async () => {
  const [good, bad] = [await sets(sound), await sets(reversed)];
  for (const [index, dataset] of datasets.entries()) {
    const run = bad[index];
    if (run === undefined) throw new Error("a set is missing");
    const { figures, random } = setFigures(run, dataset);
    expect(figures.ndcg5?.high).toBeLessThan(random.ndcg5 ?? 0);
  }
  const [ndcg] = compare({ sets: [...bad] }, { sets: [...good] }, datasets);
  expect(ndcg).toMatchObject({ metric: "ndcg5", verdict: "worse" });
  const [same] = compare({ sets: [...good] }, { sets: [...(await sets(sound))] }, datasets);
  expect(same).toMatchObject({ verdict: "no difference", difference: { value: 0 } });
});

test("themes shuffled after scoring: no better than chance, and it does not agree with itself", async () => {
  const [good, bad] = [await sets(sound), await sets(shuffledAfterScoring)];
  for (const [index, dataset] of datasets.entries()) {
    const [run, sane] = [bad[index], good[index]];
    if (run === undefined || sane === undefined) throw new Error("a set is missing");
    const { figures, random } = setFigures(run, dataset);
    expect(figures.ndcg5?.low).toBeLessThan(random.ndcg5 ?? 0);
    expect(setFigures(sane, dataset).figures.ndcg5?.low).toBeGreaterThan(random.ndcg5 ?? 0);
  }
  const itself = agreementFigures(paired("repeated", bad, await sets(shuffledAfterScoring)));
  const floor = agreementFigures(chanceFloor(bad));
  expect(itself.figures.top3?.low).toBeLessThan(floor.figures.top3?.high ?? 0);
  const sane = agreementFigures(paired("repeated", good, await sets(sound)));
  expect(sane.figures.top3?.low).toBe(1);
});

test("a ranker that scores by place is caught by its themes being shuffled; a sound one is not", async () => {
  const byPlace: Score = (_, themes) =>
    themes.map((__, place) => ({ score: 100 - place, confidence: null }));
  const shuffledThemes = withShuffledThemes(client, chance(5));
  const placed = paired("shuffled", await sets(byPlace), await sets(byPlace, shuffledThemes));
  expect(agreementFigures(placed).figures.top3?.high).toBeLessThan(0.3);
  const steady = paired("shuffled", await sets(sound), await sets(sound, shuffledThemes));
  expect(agreementFigures(steady).figures.tauB?.low).toBeCloseTo(1);
  expect(agreementFigures(steady).figures.flipped?.value).toBe(0);
});

/** Knows the labels and errs the more the less it is sure; says how sure it is, or says anything. */
function oracle(honest: boolean): Score {
  const random = chance(11);
  return (text, themes) =>
    themes.map(({ id }) => {
      const doubt = random.fraction();
      const right = truth.get(text)?.has(id) === true ? 80 : 20;
      const wrong = 100 - right;
      const score = random.fraction() < doubt / 2 ? wrong : right;
      const said = honest ? 1 - doubt : random.fraction();
      return { score, confidence: said };
    });
}

test("confidence at random knows nothing of errors; an honest one does", async () => {
  const honest = calibration(await sets(oracle(true)), datasets)?.confidence;
  expect(honest?.beyondScore?.low).toBeGreaterThan(0);
  expect(honest?.kept.at(-1)?.brier).toBeLessThan((honest?.kept[0]?.brier ?? 0) - 0.05);
  const random = calibration(await sets(oracle(false)), datasets)?.confidence;
  expect(random?.beyondScore?.low).toBeLessThan(0);
  expect(random?.beyondScore?.high).toBeGreaterThan(0);
  expect(random?.kept.at(-1)?.brier).toBeCloseTo(random?.kept[0]?.brier ?? 0, 1);
});

test("scores that mean what they say have a low calibration error; squared away they do not", async () => {
  const fair: Score = (text, themes) =>
    themes.map(({ id }) => {
      const relevant = truth.get(text)?.has(id) === true;
      return { score: relevant ? 100 : 0, confidence: null };
    });
  const perfect = calibration(await sets(fair), datasets);
  expect(perfect?.ece).toBe(0);
  expect(perfect?.brier?.value).toBe(0);
  expect(calibration(await sets(reversed), datasets)?.ece).toBeGreaterThan(0.5);
});
