// moto's server on loopback: AWS's own API, kept in memory.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../../support/ports.ts";

export interface Moto {
  readonly url: string;
  /** One call as the AWS query protocol has it. */
  call(service: string, parameters: Readonly<Record<string, string>>): Promise<string>;
  /** One call as the AWS JSON protocol has it, SSM's and Budgets'. */
  json(service: string, target: string, body: object): Promise<string>;
  stop(): Promise<void>;
}

const startMs = 60_000;

export async function startMoto(): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], {
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
    stdio: "ignore",
  });
  const closed = once(child, "close");
  const send = async (service: string, headers: Record<string, string>, body: string) => {
    const credential = `Credential=test/20260101/us-east-1/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=test`;
    const answer = await fetch(url, {
      method: "POST",
      headers: { authorization, ...headers },
      body,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`moto, ${service}: ${answer.status} ${text}`);
    return text;
  };
  const moto: Moto = {
    url,
    call: (service, parameters) =>
      send(
        service,
        { "content-type": "application/x-www-form-urlencoded" },
        new URLSearchParams(parameters).toString(),
      ),
    json: (service, target, body) =>
      send(
        service,
        { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
        JSON.stringify(body),
      ),
    async stop() {
      child.kill();
      await closed;
    },
  };
  const until = Date.now() + startMs;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- until it listens
    if (
      await fetch(`${url}/moto-api/`).then(
        () => true,
        () => false,
      )
    )
      return moto;
    if (child.exitCode !== null || Date.now() > until) throw new Error("moto does not start");
    // oxlint-disable-next-line no-await-in-loop
    await wait(200);
  }
}
