// The pages' routes: reference, problems, llms.txt. They need no key and no setting.
import type { Hono } from "hono";
import { accepts } from "hono/accepts";
import { openApiDocument, type OpenApiDocument } from "../document.ts";
import type { Edge } from "../edge.ts";
import { problem } from "../problem.ts";
import { llmsText } from "./llms.ts";
import { pageAnswer, type Page } from "./page.ts";
import { problemMarkdown, problemNamed, problemPage } from "./problem-pages.ts";
import { referencePage } from "./reference.ts";

const allow = "GET, HEAD";

/** What each path may be asked; the document does not describe them. */
export const pagePaths = ["/openapi.json", "/docs", "/llms.txt", "/problems/{slug}"] as const;

/** @param version the deployment's, as the document tells it */
export function servePages(app: Hono<Edge>, version: string): void {
  // Made when first asked for: an isolate that only ranks never does.
  let made: OpenApiDocument | null = null;
  let [json, reference, llms]: [string | null, Page | null, string | null] = [null, null, null];
  const document = () => (made ??= openApiDocument(version));

  app.get("/openapi.json", (c) => {
    json ??= JSON.stringify(document());
    return c.body(json, 200, { "Content-Type": "application/json" });
  });
  app.get("/docs", (c) => pageAnswer(c, (reference ??= referencePage(document()))));
  app.get("/llms.txt", (c) => c.text((llms ??= llmsText(document()))));

  app.get("/problems/:slug", (c) => {
    const type = problemNamed(c.req.param("slug"));
    if (type === null) return problem(c, { kind: "not-found" });
    c.header("Vary", "Accept");
    const supports = ["text/html", "application/json", "text/markdown"];
    switch (accepts(c, { header: "Accept", supports, default: "text/html" })) {
      case "application/json":
        return c.json(type);
      case "text/markdown":
        return c.text(problemMarkdown(type), 200, {
          "Content-Type": "text/markdown; charset=utf-8",
        });
      default:
        return pageAnswer(c, problemPage(type));
    }
  });

  for (const path of pagePaths) {
    app.all(path.replace("{slug}", ":slug"), (c) =>
      problem(c, { kind: "method-not-allowed", allow }),
    );
  }
}
