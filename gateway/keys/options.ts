// The command line of `npm run keys`.
import { parseArgs } from "node:util";
import { egressLevels, type Egress } from "../core/domain.ts";
import { isEgress, isScope, scopes, tenantName, type Scope } from "../tenancy/stored-key.ts";

export const usage = `npm run keys -- COMMAND [FLAGS]

  create --tenant NAME    makes a key and shows it, once
         --scopes LIST    of rank, admin (default rank)
         --egress LEVEL   what of the tenant's texts may go to Gemini: any (default), summary, none
  list [--tenant NAME]    all keys, without their secrets
  revoke ID               the key works no longer
  rotate ID               makes a second key like this one; the first works until it is revoked
  purge --tenant NAME     nothing that was cached for the tenant is served again

  --env NAME              an environment of wrangler.toml on Cloudflare
  --remote                the Worker that npm run deploy makes without --env; with neither, the
                          local state of wrangler dev and of npm start -- --persist
  --persist-to DIR        another folder of local state`;

/** What is wrong with the command line; its message is all that is shown. */
export class BadCommand extends Error {
  override readonly name = "BadCommand";
}

export type Command =
  | {
      readonly name: "create";
      readonly tenant: string;
      readonly scopes: readonly Scope[];
      readonly egress: Egress;
    }
  | { readonly name: "list"; readonly tenant: string | null }
  | { readonly name: "revoke" | "rotate"; readonly id: string }
  | { readonly name: "purge"; readonly tenant: string };

/** Which state is written: on Cloudflare, or local. */
export interface Place {
  /** null = the Worker without an environment. */
  readonly env: string | null;
  readonly remote: boolean;
  /** null = where wrangler dev keeps it. */
  readonly persistTo: string | null;
}

/** The flags that name the place, not what is done there. */
const places = ["env", "remote", "persist-to"];

/** @throws BadCommand saying what is wrong */
export function readCommand(args: readonly string[]): { command: Command; place: Place } {
  const { values, positionals } = parse(args);
  const [name, id, ...rest] = positionals;
  const env = values.env ?? null;
  const remote = env !== null || values.remote === true;
  const place = { env, remote, persistTo: values["persist-to"] ?? null };
  if (remote && place.persistTo !== null) {
    throw new BadCommand("--persist-to is for local state; it does not go with --env or --remote.");
  }
  const takesId = name === "revoke" || name === "rotate";
  const given = Object.keys(values).filter((flag) => !places.includes(flag));
  const known = { create: ["tenant", "scopes", "egress"], list: ["tenant"], purge: ["tenant"] };
  const allowed = Object.entries(known).find(([command]) => command === name)?.[1] ?? [];
  const odd = given.find((flag) => !allowed.includes(flag));
  if (odd !== undefined) throw new BadCommand(`--${odd} does not go with ${name ?? "no command"}.`);
  if (rest.length > 0 || (id !== undefined && !takesId)) throw new BadCommand(usage);

  switch (name) {
    case "create":
      return { place, command: { name, tenant: tenantOf(values.tenant), ...rightsOf(values) } };
    case "list":
      return {
        place,
        command: { name, tenant: values.tenant === undefined ? null : tenantOf(values.tenant) },
      };
    case "revoke":
    case "rotate":
      return { place, command: { name, id: idOf(id) } };
    case "purge":
      return { place, command: { name, tenant: tenantOf(values.tenant) } };
    default:
      throw new BadCommand(usage);
  }
}

function tenantOf(name: string | undefined): string {
  if (name === undefined) throw new BadCommand("--tenant NAME is missing.");
  if (tenantName.test(name)) return name;
  throw new BadCommand("--tenant must be 1 to 64 of a-z, 0-9, _ and -, a letter or digit first.");
}

function rightsOf(values: { scopes?: string; egress?: string }) {
  const wanted = (values.scopes ?? "rank").split(",").map((scope) => scope.trim());
  if (!wanted.every(isScope)) throw new BadCommand(`--scopes must be of ${scopes.join(", ")}.`);
  const egress = values.egress ?? "any";
  if (!isEgress(egress)) throw new BadCommand(`--egress must be ${egressLevels.join(", ")}.`);
  return { scopes: scopes.filter((scope) => wanted.includes(scope)), egress };
}

function idOf(id: string | undefined): string {
  if (id !== undefined && /^[0-9A-Za-z]{8}$/.test(id)) return id;
  // A whole key in its place must not come back on the screen or into a log.
  throw new BadCommand(
    "The key's id is missing: the 8 letters and digits after tr_live_, see list.",
  );
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        tenant: { type: "string" },
        scopes: { type: "string" },
        egress: { type: "string" },
        env: { type: "string" },
        remote: { type: "boolean" },
        "persist-to": { type: "string" },
      },
    });
  } catch {
    throw new BadCommand(usage);
  }
}
