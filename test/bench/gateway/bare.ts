// The least that a JSON API on Hono can do: parse the body, answer with JSON.
import { Hono } from "hono";

const app = new Hono();
app.post("/v1/rank", async (c) => {
  const { themes } = await c.req.json<{ themes: { label: string }[] }>();
  return c.json({ themes: themes.map(({ label }, index) => ({ label, rank: index + 1 })) });
});

export default app;
