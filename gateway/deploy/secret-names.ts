// The settings that are secrets: never variables, never printed.

export const secretNames = [
  "GEMINI_API_KEY",
  "ORIGIN_API_KEY",
  "ORIGIN_ACCESS_CLIENT_ID",
  "ORIGIN_ACCESS_CLIENT_SECRET",
  "CACHE_PEPPER",
] as const;

export type SecretName = (typeof secretNames)[number];
