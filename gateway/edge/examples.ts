// Examples in the OpenAPI document: requests, and what the real stack answered.
export const withExamples = <T>(d: T) => d;
