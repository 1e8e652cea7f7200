// What a module does while it loads, as a count: `node start-up-work.ts FILE` prints how many functions and
// branches were entered, in a fresh process.
import { Session } from "node:inspector/promises";
import { registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [file = ""] = process.argv.slice(2);
const { href } = pathToFileURL(path.resolve(file));

// Of the runtime's own modules a Worker takes classes to extend, and calls nothing while it loads.
const stub = `data:text/javascript,${["DurableObject", "WorkerEntrypoint", "waitUntil"]
  .map((name) => `export class ${name} {}`)
  .join(";")}`;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith("cloudflare:")
      ? { url: stub, shortCircuit: true }
      : next(specifier, context),
});

const session = new Session();
session.connect();
await session.post("Profiler.enable");
// Exact counts, by V8 itself: no sampling, and nothing that a busy machine could change.
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
await import(href);
const { result } = await session.post("Profiler.takePreciseCoverage");
const functions = result.find(({ url }) => url === href)?.functions ?? [];
const entered = functions.flatMap(({ ranges }) => ranges.map(({ count }) => count));
console.log(entered.reduce((sum, count) => sum + count, 0));
