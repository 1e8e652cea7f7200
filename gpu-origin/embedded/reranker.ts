// Scores documents against a query, one by one, and keeps what it has learnt of the documents.
import { type Wording, overlap, prepare } from "../../gateway/text/overlap.ts";
import { type Embed, type Embedding, similarity } from "./embedder.ts";
import { fuse, readDocument } from "./fusion.ts";
import { LruCache } from "./lru-cache.ts";
import { SingleFlight } from "./single-flight.ts";

/** The longest text of the service; what follows in a longer query is not read. */
export const maxQueryChars = 20_000;
/** What follows in a longer document is not read. */
export const maxDocumentChars = 2_000;
/** Vectors of 512 numbers: about 10 MB when full of usual themes, under 20 MB at the longest. */
const maxDocumentsKnown = 2_048;

interface KnownDocument {
  readonly wording: Wording;
  readonly embedding: Embedding;
}

export interface Reranker {
  /**
   * Relevance of each document to the query, 0 to 1, in the order given. Scope `pair`: a score
   * is the same, bit for bit, whatever other documents are in the request.
   */
  score(query: string, documents: readonly string[], signal: AbortSignal): Promise<number[]>;
  /** Documents that had to be embedded, because they were not known, since the start. */
  embeddedCount(): number;
}

/** Puts the embedding and the words of texts together. */
export function createReranker(embed: Embed): Reranker {
  const known = new LruCache<KnownDocument>(maxDocumentsKnown);
  const learning = new SingleFlight<KnownDocument>();
  let embedded = 0;

  async function learn(document: string, signal: AbortSignal): Promise<KnownDocument> {
    const learnt = { wording: readDocument(document), embedding: await embed(document, signal) };
    embedded += 1;
    known.set(document, learnt);
    return learnt;
  }

  async function recall(document: string, signal: AbortSignal): Promise<KnownDocument> {
    const work = (nobodyWaits: AbortSignal) => learn(document, nobodyWaits);
    return known.get(document) ?? (await learning.run(document, work, signal));
  }

  return {
    async score(query, documents, signal) {
      const text = query.slice(0, maxQueryChars);
      const words = prepare(text);
      const embedding = await embed(text, signal);
      const scores: number[] = [];
      for (const document of documents) {
        const theme = await recall(document.slice(0, maxDocumentChars), signal);
        scores.push(fuse(similarity(embedding, theme.embedding), overlap(words, theme.wording)));
      }
      return scores;
    },
    embeddedCount: () => embedded,
  };
}
