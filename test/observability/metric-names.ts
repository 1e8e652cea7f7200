// The names of the metrics that rules and dashboards ask for, and of those that a server tells.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../gpu-origin/observability/", import.meta.url));

/** A file of gpu-origin/observability/. */
export const observabilityFile = (name: string) => readFileSync(`${folder}${name}`, "utf8");

/** Every metric that rules.yml or the vLLM dashboard names; `up` is Prometheus's own. */
export function namesAskedFor(): readonly string[] {
  const text = observabilityFile("rules.yml") + observabilityFile("grafana/vllm.json");
  return [...new Set(text.match(/\b(?:vllm:|http_|process_)[a-z0-9_]+/g))].toSorted();
}

/** The names of the samples in Prometheus's text format. */
export function namesTold(metrics: string): ReadonlySet<string> {
  const lines = metrics.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Set(lines.map((line) => /^[a-zA-Z_:][\w:]*/.exec(line)?.[0] ?? ""));
}
