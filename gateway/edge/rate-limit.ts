// How many requests a key has, as RATE_LIMITER in wrangler.toml is set: the binding does not tell it.

export const rateLimit = { requests: 60, periodSeconds: 60 } as const;

/** RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers); what is left is not known, so not told. */
export const rateLimitPolicy = `"default";q=${rateLimit.requests};w=${rateLimit.periodSeconds}`;
