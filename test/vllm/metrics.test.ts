// What rules and dashboards ask for is what a real vLLM tells.
import { describe, expect, it } from "vitest";
import { namesAskedFor, namesTold } from "../observability/metric-names.ts";
import { sharedServer } from "./shared-server.ts";

const server = sharedServer();

describe("gpu-origin/observability", () => {
  it("names no metric that a vLLM which has ranked and summarised does not have", async () => {
    const body = { model: "theme-ranker", max_tokens: 1 };
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${server.apiKey}`,
    };
    for (const [path, rest] of [
      ["/completions", { prompt: ["Rate from 0 to 9: "] }],
      ["/chat/completions", { messages: [{ role: "user", content: "Say hello." }] }],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one server, two cores
      const response = await fetch(`${server.url}${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify({ ...body, ...rest }),
      });
      expect(response.status).toBe(200);
    }
    const metrics = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    const told = namesTold(metrics);
    const asked = namesAskedFor();
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !told.has(name))).toEqual([]);
    // The bounds that rules and panels rely on.
    for (const [name, bound] of [
      ["vllm:time_to_first_token_seconds_bucket", "0.25"],
      ["http_request_duration_highr_seconds_bucket", "0.1"],
      ["http_request_duration_highr_seconds_bucket", "0.25"],
      ["http_request_duration_highr_seconds_bucket", "0.5"],
    ]) {
      expect(metrics).toMatch(new RegExp(`^${name}\\{[^}]*le="${bound}"`, "m"));
    }
    expect(metrics).toContain('finished_reason="abort"');
    expect(metrics).toContain('handler="/v1/completions"');
  });
});
