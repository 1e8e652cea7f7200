// Which methods each path answers, and which route a path belongs to.
import { routes } from "./openapi.ts";
import { pagePaths } from "./pages/routes.ts";

/** Every path as the document writes it, `{name}` for a part that varies, and what `Allow` says. */
export const methods: ReadonlyMap<string, string> = collect();

function collect(): Map<string, string> {
  // The document describes neither itself nor the pages.
  const found = new Map<string, string>(pagePaths.map((path) => [path, "GET, HEAD"]));
  for (const { path, method } of routes) {
    const known = found.get(path);
    const own = method === "get" ? "GET, HEAD" : method.toUpperCase();
    found.set(path, known === undefined ? own : `${known}, ${own}`);
  }
  return found;
}

/** A path of the document as Hono writes it. */
export const pattern = (path: string) => path.replaceAll(/\{(\w+)\}/g, ":$1");

const varying = [...methods.keys()]
  .filter((path) => path.includes("{"))
  .map((path) => ({ path, form: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`) }));

/** The route that a request's path is for; null when it is none of ours. */
export function routeOf(path: string): string | null {
  if (methods.has(path)) return path;
  return varying.find(({ form }) => form.test(path))?.path ?? null;
}
