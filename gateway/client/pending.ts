// Types of routes that the document does not describe yet.
import type { Problem, RankAnswer, RankRequest, Theme, Usage } from "./api.ts";

export interface BatchRequest extends Omit<RankRequest, "text"> {
  texts: string[];
}
export interface BatchAnswer {
  results: (RankAnswer | { problem: Problem })[];
  usage: Usage;
}
export interface Catalog {
  name: string;
  version: number;
  themes: Theme[];
  updated_at: string | null;
}
export interface CatalogList {
  catalogs: { name: string }[];
}
export interface CohereRerankRequest {
  query: string;
  documents: (string | Record<string, unknown>)[];
  top_n?: number | null;
}
export interface CohereRerankAnswer {
  id: string;
  results: { index: number; relevance_score: number }[];
}
