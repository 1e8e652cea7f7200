// What the API answers: the client's types, which are made from the OpenAPI document. Types alone, not served.

/** @typedef {import("../client/api.ts").Span} Span */
/** @typedef {import("../client/api.ts").Attempt} Attempt */
/** @typedef {import("../client/api.ts").RankedTheme} RankedTheme */
/** @typedef {import("../client/api.ts").RankAnswer} Ranking */
/** @typedef {import("../client/api.ts").Summary} Summary */
/** @typedef {import("../client/api.ts").Done} Done */
/** @typedef {import("../client/api.ts").Problem} Problem */
/** @typedef {import("../client/api.ts").Status} Status */
/** @typedef {Status["rankers"][number]} Provider */
/** @typedef {NonNullable<Problem["errors"]>[number]} FieldError */

export const wire = null;
