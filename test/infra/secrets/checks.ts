// `npm run secrets` against a Cloudflare of its own, with an AWS command that only notes what it is told.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ran, type Check } from "../check.ts";

const main = fileURLToPath(new URL("../../../infra/secrets/main.ts", import.meta.url));
const secrets = ["the-access-secret", "the-tunnel-token", "the-stored-key"];

/** Cloudflare's wire shape: an envelope around the result, errors in a list. */
async function fakeCloudflare() {
  const asked: { readonly line: string; readonly body: string }[] = [];
  const tokens: { id: string; name: string }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const line = `${request.method} ${(request.url ?? "").split("?")[0]}`;
      asked.push({ line, body });
      const result = answerTo(line, body);
      const envelope =
        result === undefined
          ? {
              success: false,
              result: null,
              errors: [{ code: 1, message: "not found" }],
              messages: [],
            }
          : { success: true, result, errors: [], messages: [] };
      response.writeHead(result === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(envelope));
    })();
  });
  function answerTo(line: string, body: string): unknown {
    if (line === "GET /accounts/acc/access/service_tokens") return tokens;
    if (line === "POST /accounts/acc/access/service_tokens") {
      tokens.push({ id: "tok", name: (JSON.parse(body) as { name: string }).name });
      return { id: "tok", client_id: "id.access", client_secret: "thrown-away" };
    }
    if (line === "POST /accounts/acc/access/service_tokens/tok/rotate") {
      return { client_id: "id.access", client_secret: "the-access-secret" };
    }
    if (line === "GET /accounts/acc/cfd_tunnel") return [{ id: "tun", name: "themerank-staging" }];
    return line === "GET /accounts/acc/cfd_tunnel/tun/token" ? "the-tunnel-token" : undefined;
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, close: () => server.close() };
}

interface Scene {
  readonly folder: string;
  readonly asked: readonly { readonly line: string; readonly body: string }[];
  readonly run: (...args: readonly string[]) => ReturnType<typeof ran>;
}

const scene = (name: string, use: (scene: Scene) => Promise<void>): Check => ({
  name,
  needs: [],
  async run() {
    const folder = await mkdtemp(join(tmpdir(), "themerank-secrets-"));
    const fake = await fakeCloudflare();
    const env = {
      PATH: `${folder}:${process.env["PATH"] ?? ""}`,
      CLOUDFLARE_API_TOKEN: "t",
      CLOUDFLARE_ACCOUNT_ID: "acc",
      CLOUDFLARE_API_BASE_URL: fake.url,
    };
    try {
      const run = (...args: readonly string[]) => ran(process.execPath, [main, ...args], { env });
      await use({ folder, asked: fake.asked, run });
    } finally {
      fake.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** An `aws` that keeps one parameter in a file, and its command lines in another. */
async function awsIn(
  folder: string,
  stored: string | null,
  failure = "ParameterNotFound",
): Promise<void> {
  if (stored !== null) await writeFile(join(folder, "stored"), stored);
  const script = `#!/bin/sh
echo "$*" >>'${folder}/lines'
case $2 in
  get-parameter) cat '${folder}/stored' 2>/dev/null || { echo 'An error occurred (${failure})' >&2; exit 254; } ;;
  put-parameter) cat >'${folder}/put' ;;
esac
`;
  await writeFile(join(folder, "aws"), script, { mode: 0o755 });
}

const put = async (folder: string) =>
  JSON.parse(await readFile(join(folder, "put"), "utf8")) as Record<string, unknown>;
const origin = ["origin", "--env", "staging", "--to", "aws"] as const;
const show = [
  "--",
  "sh",
  "-c",
  'echo "$ORIGIN_API_KEY $ORIGIN_ACCESS_CLIENT_ID" | tr -d "\\n" | md5sum',
] as const;

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

export const secretsChecks: readonly Check[] = [
  scene(
    "secrets: Access's token is made once, and its first secret is shown to nobody",
    async ({ run, asked }) => {
      const first = await run("access", "--env", "staging");
      match(first.output, /themerank-staging: made/);
      ok(!first.output.includes("thrown-away"), "a secret was printed");
      match((await run("access", "--env", "staging")).output, /was there/);
      equal(asked.filter(({ line }) => line.startsWith("POST")).length, 1);
    },
  ),
  scene(
    "secrets: a first key is made, stored encrypted, and stands in no command line and no output",
    async ({ run, folder }) => {
      await awsIn(folder, null);
      const { status, output } = await run(...origin);
      equal(status, 0, output);
      const parameter = await put(folder);
      deepEqual(
        [parameter["Name"], parameter["Type"]],
        ["/themerank/staging/origin-env", "SecureString"],
      );
      match(
        String(parameter["Value"]),
        /^VLLM_API_KEY=[0-9a-f]{64}\nTUNNEL_TOKEN=the-tunnel-token\n$/,
      );
      const seen = output + (await readFile(join(folder, "lines"), "utf8"));
      ok(!seen.includes("the-tunnel-token") && !/[0-9a-f]{64}/.test(seen), "a secret can be seen");
    },
  ),
  scene("secrets: a stored key and what else is stored there stay", async ({ run, folder }) => {
    await awsIn(folder, "VLLM_API_KEY=the-stored-key\nHF_TOKEN=hf\n");
    await run(...origin);
    equal(
      (await put(folder))["Value"],
      "VLLM_API_KEY=the-stored-key\nTUNNEL_TOKEN=the-tunnel-token\nHF_TOKEN=hf\n",
    );
    await run(...origin, "--rotate");
    match(String((await put(folder))["Value"]), /^VLLM_API_KEY=[0-9a-f]{64}\n/);
  }),
  scene(
    "secrets: a store that cannot be read is not taken for an empty one",
    async ({ run, folder }) => {
      await awsIn(folder, null, "AccessDeniedException");
      const { status, output } = await run(...origin);
      equal(status, 1);
      match(output, /AccessDeniedException/);
      equal(await readFile(join(folder, "put"), "utf8").catch(() => null), null);
    },
  ),
  scene(
    "secrets: the deploy gets key and Access secret in its environment alone",
    async ({ run, folder, asked }) => {
      await awsIn(folder, "VLLM_API_KEY=the-stored-key\n");
      await run("access", "--env", "staging");
      const { status, output } = await run(...origin, ...show);
      equal(status, 0, output);
      ok(!secrets.some((secret) => output.includes(secret)), "a secret was printed");
      match(output, new RegExp(md5("the-stored-key id.access")));
      const rotation = asked.find(({ line }) => line.endsWith("/rotate"));
      match(rotation?.body ?? "", /"previous_client_secret_expires_at":"\d{4}-/);
      equal((await run(...origin, "--", "sh", "-c", "exit 7")).status, 7);
    },
  ),
  scene(
    "secrets: a missing tunnel and a missing account are told in one line",
    async ({ run, folder }) => {
      await awsIn(folder, null);
      const missing = await run("origin", "--env", "production", "--to", "aws");
      equal(missing.status, 1);
      match(missing.output, /no tunnel themerank-production: terraform apply makes it/);
      equal((await run("origin", "--env", "staging", "--to", "moon")).status, 2);
    },
  ),
];
