// Which dialects each shared path speaks, and how they are told apart.
import { cohere } from "./cohere.ts";
import type { Dialect } from "./dialect.ts";
import { jinaClassify } from "./jina-classify.ts";
import { mixedbread } from "./mixedbread.ts";
import { isTei, tei } from "./tei.ts";
import { isVoyage, voyage } from "./voyage.ts";

export interface DialectRoute {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly dialects: readonly Dialect[];
  /** Which of them a body is. @param client the X-Fern-SDK-Name header */
  readonly choose: (value: unknown, client: string | undefined) => Dialect;
}

const [cohere1, cohere2] = [cohere("1"), cohere("2")];

export const dialectRoutes: readonly DialectRoute[] = [
  {
    path: "/v2/rerank",
    operationId: "rerankV2",
    summary: "Rerank, as Cohere v2 and Jina",
    dialects: [cohere2, voyage],
    choose: (value, client) => (isVoyage(value, client) ? voyage : cohere2),
  },
  {
    path: "/v1/rerank",
    operationId: "rerankV1",
    summary: "Rerank, as Cohere v1, Jina and Voyage",
    dialects: [cohere1, voyage],
    choose: (value, client) => (isVoyage(value, client) ? voyage : cohere1),
  },
  {
    path: "/rerank",
    operationId: "rerank",
    summary: "Rerank, as text-embeddings-inference, Cohere and Jina",
    dialects: [cohere1, tei],
    choose: (value) => (isTei(value) ? tei : cohere1),
  },
  {
    path: "/v1/reranking",
    operationId: "reranking",
    summary: "Rerank, as Mixedbread",
    dialects: [mixedbread],
    choose: () => mixedbread,
  },
  {
    path: "/v1/classify",
    operationId: "classify",
    summary: "Classify without examples, as Jina",
    dialects: [jinaClassify],
    choose: () => jinaClassify,
  },
];
