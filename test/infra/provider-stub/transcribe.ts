// Transcribes provider schemas out of the sources that npm's @cdktf packages carry in their source maps.
//   node test/infra/provider-stub/transcribe.ts FOLDER      FOLDER: where the two packages were unpacked
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Attribute, Block, ProviderSchema } from "./schema.ts";

/** What the modules use; a resource that is not here is unknown to the stub, and validation says so. */
const wanted = {
  cloudflare: {
    package: "provider-cloudflare",
    nested: "attribute",
    resources:
      "workers-kv-namespace zero-trust-tunnel-cloudflared zero-trust-tunnel-cloudflared-config dns-record " +
      "zero-trust-access-application zero-trust-access-policy ruleset",
    data: "data-cloudflare-zero-trust-access-service-token",
  },
  google: {
    package: "provider-google",
    nested: "block",
    resources:
      "compute-network compute-subnetwork compute-router compute-router-nat compute-firewall " +
      "compute-instance-template compute-instance-group-manager secret-manager-secret " +
      "secret-manager-secret-iam-member service-account project-iam-custom-role project-iam-member " +
      "billing-budget monitoring-notification-channel",
    data: "data-google-compute-image",
  },
} as const;

const [folder = "."] = process.argv.slice(2);

for (const [name, { package: packageName, nested, resources, data }] of Object.entries(wanted)) {
  const root = join(folder, packageName);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const read = (folderName: string) => sourceOf(join(root, "lib", folderName, "index.js"));
  const provider = read("provider");
  const schema: ProviderSchema = {
    provider: name,
    version: /providers\/[\w-]+\/[\w-]+\/([\d.]+)\/docs/.exec(provider)?.[1] ?? "?",
    source: `npm @cdktf/${packageName}@${version}`,
    config: withoutAlias(blockOf(provider, nested)),
    resources: tableOf(resources.split(" ").map(read), nested),
    data: tableOf(data.split(" ").map(read), nested),
  };
  const path = new URL(`${name}.json`, import.meta.url);
  writeFileSync(path, `${JSON.stringify(schema)}\n`);
}

/** `alias` is Terraform's own word in a provider block, not the provider's. */
function withoutAlias({ attributes, blocks }: Block): Block {
  const own = Object.entries(attributes).filter(([name]) => name !== "alias");
  return { attributes: Object.fromEntries(own), blocks };
}

function sourceOf(path: string): string {
  const map = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(
    readFileSync(path, "utf8"),
  );
  const decoded = Buffer.from(map?.[1] ?? "", "base64").toString();
  return (JSON.parse(decoded) as { sourcesContent: [string] }).sourcesContent[0];
}

function tableOf(sources: readonly string[], nested: "attribute" | "block"): Record<string, Block> {
  return Object.fromEntries(
    sources.map((source) => [
      /tfResourceType = "([^"]+)"/.exec(source)?.[1] ?? "?",
      blockOf(source, nested),
    ]),
  );
}

/** The schema of the one resource, data source or provider that a source defines. */
function blockOf(source: string, nested: "attribute" | "block"): Block {
  const classes = new Map<string, string>();
  for (const [, name = "", body = ""] of source.matchAll(
    /^export class (\w+) extends [\w.]+ \{\n([\s\S]*?)^\}/gm,
  )) {
    classes.set(name, body);
  }
  // What a struct's attributes are: from the function, or the resource's own method, that writes HCL.
  const hcl = new Map<string, string>();
  for (const [, name = "", body = ""] of source.matchAll(
    /^export function (\w+)ToHclTerraform\([\s\S]*?\n([\s\S]*?)^\}/gm,
  )) {
    hcl.set(name.toLowerCase(), body);
  }
  const main = /^export class (\w+) extends cdktf\.Terraform(?:Resource|DataSource|Provider) /m;
  const body = classes.get(main.exec(source)?.[1] ?? "") ?? "";
  return fieldsOf(body, body);

  function fieldsOf(classBody: string, hclBody: string): Block {
    const block: Block = { attributes: {}, blocks: {} };
    const types = typesIn(hclBody);
    for (const [, name = "", flags = "", rest = ""] of classBody.matchAll(
      /^ {2}\/\/ (\w+) - (computed: .*)\n([\s\S]*?)(?=^ {2}\/\/ \w+ - computed|(?![\s\S]))/gm,
    )) {
      const attribute = {
        required: flags.includes("required: true"),
        optional: flags.includes("optional: true"),
        computed: flags.includes("computed: true"),
      };
      const known = types.get(name);
      const struct = known?.storage.replace(/(?:List|Map)$/, "") ?? "";
      if (known?.isBlock && classes.has(`${struct}OutputReference`)) {
        const inner = fieldsOf(
          classes.get(`${struct}OutputReference`) ?? "",
          hcl.get(struct.toLowerCase()) ?? "",
        );
        if (nested === "block") {
          block.blocks[name] = { ...inner, nesting: known.kind };
        } else {
          block.attributes[name] = { ...plain(attribute), nested: inner, nesting: known.kind };
        }
      } else {
        block.attributes[name] = { ...plain(attribute), type: typeOf(known?.storage, rest) };
      }
    }
    return block;
  }
}

/** What is true of it; a required attribute is asked for, whatever the provider computes besides. */
function plain({ required, optional, computed }: Attribute): Attribute {
  if (required) return { required };
  return { ...(optional && { optional }), ...(computed && { computed }) };
}

/** Type and nesting of each attribute that a configuration may set. */
function typesIn(body: string) {
  const found = new Map<string, { isBlock: boolean; kind: string; storage: string }>();
  for (const [, name = "", isBlock, kind = "", storage = ""] of body.matchAll(
    /^ {4,6}(\w+): \{\n\s+value:.*\n\s+isBlock: (\w+),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",/gm,
  )) {
    found.set(name, { isBlock: isBlock === "true", kind, storage });
  }
  return found;
}

/** A type as cty writes it in JSON; what only the provider computes is told by its getter. */
function typeOf(storage: string | undefined, getter: string): unknown {
  const simple: Record<string, unknown> = {
    string: "string",
    number: "number",
    boolean: "bool",
    stringList: ["list", "string"],
    numberList: ["list", "number"],
    stringMap: ["map", "string"],
    booleanMap: ["map", "bool"],
    numberMap: ["map", "number"],
  };
  // A list that is asked for as a set is one.
  const isSet = getter.includes("Fn.tolist(");
  if (isSet && storage?.endsWith("List")) return ["set", storage.replace("List", "")];
  if (storage !== undefined && storage in simple) return simple[storage];
  const method = /this\.get(\w+)Attribute\(/.exec(getter)?.[1] ?? "";
  const computed: Record<string, unknown> = {
    String: "string",
    Number: "number",
    Boolean: "bool",
    List: ["list", "string"],
    NumberList: ["list", "number"],
    StringMap: ["map", "string"],
  };
  return computed[method] ?? "dynamic";
}
