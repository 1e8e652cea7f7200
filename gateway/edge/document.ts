// The OpenAPI document: the routes, the key, and answers as they were recorded.
import { OpenAPIHono } from "@hono/zod-openapi";
import { withExamples } from "./examples.ts";
import { documentHead, routes } from "./openapi.ts";

export type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

/** OpenAPI 3.1, from the schemas that validate; the same for every deployment of a version. */
export function openApiDocument(version: string): OpenApiDocument {
  const described = new OpenAPIHono();
  for (const route of routes) described.openAPIRegistry.registerPath(route);
  described.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "tr_…",
    description: "An API key of the deployment. A deployment for local work asks for none.",
  });
  return withExamples(described.getOpenAPI31Document(documentHead(version)));
}
