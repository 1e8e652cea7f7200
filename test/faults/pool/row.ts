// One cell of the fault matrix that is one request: what strikes, and what the caller gets.
import type { RankerSource } from "../../../gateway/core/domain.ts";
import type { Strike } from "./isolate.ts";

export interface Row {
  /** F1 to F31; "-" = no fault at all. */
  readonly cell: string;
  readonly fault: string;
  readonly origin?: Strike;
  readonly gemini?: Strike;
  readonly settings?: object;
  /** What the request has beside a new text and the 24 themes of `life`. */
  readonly body?: { readonly themes?: readonly string[]; readonly [field: string]: unknown };
  readonly source: RankerSource;
  readonly reason: string | null;
  /** Why Gemini did not answer as the second ranker, one of these; absent = it did, or was not asked. */
  readonly second?: readonly string[];
  /** The status where no accepted ranker is alive; only there may it be a 5xx. */
  readonly refusal?: number | null;
  /** The score of the theme at each place. */
  readonly scores?: (index: number) => number;
  /** The circuit's state afterwards. */
  readonly circuit?: "closed";
}
