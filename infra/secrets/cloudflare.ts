// The two secrets that only Cloudflare knows: the tunnel's token and the Access service token's.
import { z } from "zod";

export interface AccessToken {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface Cloudflare {
  /** Makes the service token that the Access policy names; its first secret is thrown away. @returns whether it is new */
  makeServiceToken(name: string): Promise<boolean>;
  /** A new secret for it; the one before holds for another hour, while the Worker changes over. */
  rotateServiceToken(name: string): Promise<AccessToken>;
  /** What cloudflared runs the tunnel with. */
  tunnelToken(name: string): Promise<string>;
}

/** Cloudflare refused, or does not know what was asked for; the message has no secret. */
export class CloudflareFault extends Error {
  override readonly name = "CloudflareFault";
}

const overlapMs = 3_600_000;
const listed = z.array(z.object({ id: z.string(), name: z.string() }));
const rotated = z.object({ client_id: z.string(), client_secret: z.string() });
const envelope = z.object({
  success: z.boolean(),
  result: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).default([]),
});

/**
 * @param settings `token` may edit Access service tokens and tunnels of the account
 * Source: developers.cloudflare.com/api, Zero Trust: Access service tokens, Cloudflare Tunnel
 */
export function cloudflare(settings: {
  readonly accountId: string;
  readonly token: string;
  readonly baseUrl: string;
  readonly nowMs: () => number;
}): Cloudflare {
  const { accountId, token, baseUrl, nowMs } = settings;

  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${baseUrl}/accounts/${accountId}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const read = envelope.safeParse(await response.json().catch(() => null));
    if (read.success && read.data.success) return read.data.result;
    const why = read.data?.errors.map(({ message }) => message).join("; ") || response.status;
    throw new CloudflareFault(`Cloudflare, ${method} ${path}: ${why}`);
  }

  async function idOf(what: string, path: string, name: string): Promise<string | null> {
    const found = listed.safeParse(await call("GET", path));
    if (!found.success) throw new CloudflareFault(`Cloudflare's list of ${what} is not understood`);
    return found.data.find((each) => each.name === name)?.id ?? null;
  }

  const tokens = "access/service_tokens";
  const tokenId = (name: string) =>
    idOf("service tokens", `${tokens}?per_page=1000&name=${encodeURIComponent(name)}`, name);

  return {
    async makeServiceToken(name) {
      if ((await tokenId(name)) !== null) return false;
      await call("POST", tokens, { name });
      return true;
    },
    async rotateServiceToken(name) {
      const id = await tokenId(name);
      if (id === null)
        throw new CloudflareFault(`no Access service token ${name}: run \`access\` first`);
      const expires = new Date(nowMs() + overlapMs).toISOString();
      const body = { previous_client_secret_expires_at: expires };
      const read = rotated.safeParse(await call("POST", `${tokens}/${id}/rotate`, body));
      if (!read.success) throw new CloudflareFault("the rotated service token is not understood");
      return { clientId: read.data.client_id, clientSecret: read.data.client_secret };
    },
    async tunnelToken(name) {
      const query = `is_deleted=false&name=${encodeURIComponent(name)}`;
      const id = await idOf("tunnels", `cfd_tunnel?${query}`, name);
      if (id === null) throw new CloudflareFault(`no tunnel ${name}: terraform apply makes it`);
      const read = z
        .string()
        .min(1)
        .safeParse(await call("GET", `cfd_tunnel/${id}/token`));
      if (!read.success) throw new CloudflareFault("the tunnel's token is not understood");
      return read.data;
    },
  };
}
