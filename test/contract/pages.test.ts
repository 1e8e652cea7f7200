// The pages: reference, problems, llms.txt, under a policy that lets nothing in.
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../gateway/edge/document.ts";
import { problemTypes } from "../../gateway/edge/problem-types.ts";
import { version } from "../../package.json";
import { get, post, send } from "./service.ts";

const document = openApiDocument(version);
const operations = Object.values(document.paths ?? {}).flatMap(
  (path) => Object.values(path) as { operationId: string }[],
);

async function page(path: string, headers: Record<string, string> = {}) {
  const response = await send(new Request(`https://themerank.test${path}`, { headers }));
  return { response, text: await response.text() };
}

describe("/openapi.json", () => {
  it("is the document that the tests hold answers to", async () => {
    expect(await (await get("/openapi.json")).json()).toEqual(JSON.parse(JSON.stringify(document)));
  });
});

describe("every page", () => {
  it.each(["/docs", "/problems/invalid-request"])(
    "has all of its style inside, and a policy that allows this and nothing else: %s",
    async (path) => {
      const { response, text } = await page(path);
      expect([response.status, response.headers.get("content-type")]).toEqual([
        200,
        "text/html; charset=UTF-8",
      ]);
      const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? "";
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
      const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
      expect(response.headers.get("content-security-policy")).toBe(
        `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      );
      expect(text).not.toMatch(/<script|<iframe|<img|style="|\son\w+=|@import|url\(/);
      const links = [...text.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, link]) => link ?? "");
      expect(links.filter((link) => !/^(?:#|\/(?!\/)|data:,)/.test(link))).toEqual([]);
    },
  );

  it("leaves the others their policy, that allows nothing", async () => {
    for (const path of ["/openapi.json", "/llms.txt", "/healthz", "/nothing"]) {
      expect((await get(path)).headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; base/,
      );
    }
  });

  it("is there without a key, with bad settings, for HEAD, and for no other method", async () => {
    for (const path of ["/docs", "/llms.txt", "/openapi.json", "/problems/misconfigured"]) {
      for (const overrides of [{ AUTH_MODE: "required" }, { EGRESS: "some" }]) {
        expect((await get(path, overrides)).status).toBe(200);
      }
      const head = await send(new Request(`https://themerank.test${path}`, { method: "HEAD" }));
      expect([head.status, await head.text()]).toEqual([200, ""]);
      const refused = await post(path, {});
      expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    }
  });

  it("links to places that are there", async () => {
    const { text } = await page("/docs");
    const ids = new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id));
    const anchors = [...text.matchAll(/href="#([^"]*)"/g)].map(([, anchor]) => anchor);
    expect(anchors.length).toBeGreaterThan(operations.length);
    expect(anchors.filter((anchor) => !ids.has(anchor))).toEqual([]);
  });
});

describe("/docs", () => {
  it("has a section with a line for the shell for every operation, and an answer where one was recorded", async () => {
    const { text } = await page("/docs");
    for (const { operationId } of operations) {
      const section = text.split(`<h3 id="${operationId}">`)[1]?.split("</section>")[0] ?? "";
      expect(section).toContain("curl -s ");
    }
    expect(text).toContain("embedded-use-lite-en-2");
  });
});

describe("/problems", () => {
  it.each(Object.entries(problemTypes))("has a page for %s", async (slug, { title, status }) => {
    const { response, text } = await page(`/problems/${slug}`);
    expect(response.status).toBe(200);
    expect(text).toContain(`<h1>${title}</h1>`);
    expect(text).toContain(`HTTP ${status}`);
  });

  it("is JSON or Markdown for those who ask for it", async () => {
    const json = await page("/problems/forbidden", { accept: "application/json" });
    expect(JSON.parse(json.text)).toEqual({ slug: "forbidden", ...problemTypes.forbidden });
    const markdown = await page("/problems/forbidden", { accept: "text/markdown" });
    expect(markdown.response.headers.get("content-type")).toBe("text/markdown; charset=utf-8");
    expect(markdown.text).toMatch(/^# Forbidden\n/);
    const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const html = await page("/problems/forbidden", { accept: browser });
    expect(html.response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
    expect(html.response.headers.get("vary")).toBe("Accept");
  });

  it.each(["no-such-thing", "constructor", "__proto__", "a/b", ""])(
    "knows no other: %j is a 404",
    async (slug) => {
      const { response, text } = await page(`/problems/${slug}`);
      expect([response.status, JSON.parse(text)]).toMatchObject([
        404,
        { type: "/problems/not-found" },
      ]);
    },
  );
});

describe("/llms.txt", () => {
  it("is a title, a summary, sections of links, and names every operation", async () => {
    const { response, text } = await page("/llms.txt");
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(text).toMatch(/^# themerank\n\n> .+\n\n/);
    expect(text.match(/^## .+$/gm)).toEqual(["## Reference", "## Operations", "## Optional"]);
    for (const { operationId } of operations) expect(text).toContain(`(/docs#${operationId})`);
  });
});
