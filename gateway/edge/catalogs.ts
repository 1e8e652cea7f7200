// The routes of catalogues: a tenant's own are written, read, listed and deleted here.
import type { OpenAPIHono, z } from "@hono/zod-openapi";
import { fail, ok, type Result } from "../core/failure.ts";
import {
  catalogName,
  maxCatalogs,
  type Catalog,
  type CatalogEntry,
  type CatalogRefusal,
  type Catalogs,
} from "../tenancy/catalogs.ts";
import { boundedBody, jsonOnly, readBody } from "./body.ts";
import { catalogRequest, type catalogAnswer, type catalogsAnswer } from "./catalog-schema.ts";
import type { Edge } from "./edge.ts";
import { guard, type Access } from "./guard.ts";
import { problem, type Trouble } from "./problem.ts";

/** Registers them. Reading asks for the scope `rank`, writing for `admin`. */
export function serveCatalogs(app: OpenAPIHono<Edge>, access: Access, catalogs: Catalogs): void {
  app.get("/v1/catalogs", guard(access), async (c) => {
    const listed = await catalogs.list(c.get("identity").tenant);
    if (!listed.ok) return problem(c, { kind: "catalogs-unavailable" });
    c.header("Cache-Control", "no-store");
    const entries = listed.value.map((each) => ({ ...toHead(each), theme_count: each.themeCount }));
    return c.json({ catalogs: entries } satisfies z.output<typeof catalogsAnswer>);
  });

  app.get("/v1/catalogs/:name", guard(access), async (c) => {
    const found = await findCatalog(catalogs, c.get("identity").tenant, c.req.param("name"));
    if (!found.ok) return problem(c, found.failure);
    c.header("Cache-Control", "no-store");
    return c.json(toAnswer(found.value));
  });

  app.put("/v1/catalogs/:name", guard(access, "admin"), jsonOnly, boundedBody, async (c) => {
    const name = c.req.param("name");
    const body = await readBody(c, catalogRequest);
    if (!body.ok) return problem(c, body.failure);
    if (!catalogName.test(name)) {
      const detail = "of the path must be 1-64 of a-z, 0-9, _ and -, the first no sign";
      return problem(c, { kind: "invalid-request", errors: [{ pointer: "/name", detail }] });
    }
    const written = await catalogs.put(c.get("identity").tenant, name, body.value.themes);
    if (!written.ok) return problem(c, troubleOf(written.failure));
    c.header("Cache-Control", "no-store");
    return c.json(toAnswer(written.value));
  });

  app.delete("/v1/catalogs/:name", guard(access, "admin"), async (c) => {
    const name = c.req.param("name");
    if (!catalogName.test(name)) return problem(c, { kind: "unknown-catalog" });
    const removed = await catalogs.remove(c.get("identity").tenant, name);
    return removed.ok ? c.body(null, 204) : problem(c, troubleOf(removed.failure));
  });
}

/** The catalogue of this name, or why it cannot be used. */
export async function findCatalog(
  catalogs: Catalogs,
  tenant: string,
  name: string,
): Promise<Result<Catalog, Trouble>> {
  const found = await catalogs.find(tenant, name);
  if (!found.ok) return fail({ kind: "catalogs-unavailable" });
  if (found.value === null) return fail({ kind: "unknown-catalog" });
  return ok(found.value);
}

function troubleOf(refusal: CatalogRefusal): Trouble {
  switch (refusal) {
    case "read-only":
      return { kind: "catalog-read-only" };
    case "too-many":
      return { kind: "too-many-catalogs", limit: maxCatalogs };
    case "unavailable":
      return { kind: "catalogs-unavailable" };
  }
}

const toHead = ({ name, version, updatedAt }: CatalogEntry) => ({
  name,
  version,
  updated_at: updatedAt,
});

function toAnswer(catalog: Catalog): z.output<typeof catalogAnswer> {
  const themesTold = catalog.themes.map(({ id, label, description }) => ({
    id,
    label,
    description,
  }));
  return { ...toHead(catalog), themes: themesTold };
}
