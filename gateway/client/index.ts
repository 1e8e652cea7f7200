// The package: the client and the types of what goes in and out.
export type { AnalyzeStreamEvent } from "./analyze-stream.ts";
export type * from "./api.ts";
export { ThemeRank, type Catalogs, type ClientOptions } from "./client.ts";
export type { CallOptions, Fetch } from "./exchange.ts";
export type {
  ClientError,
  Meta,
  Outcome,
  ProblemError,
  Timing,
  TransportError,
} from "./outcome.ts";
