// What must hold for every resource of a plan, told from `terraform show -json`.
import { z } from "zod";

const resource = z.object({
  address: z.string(),
  type: z.string(),
  mode: z.string(),
  values: z.record(z.string(), z.unknown()),
});
export type Resource = z.output<typeof resource>;

interface Module {
  readonly resources?: readonly Resource[] | undefined;
  readonly child_modules?: readonly Module[] | undefined;
}
const module: z.ZodType<Module> = z.lazy(() =>
  z.object({ resources: z.array(resource).optional(), child_modules: z.array(module).optional() }),
);
const shown = z.object({ planned_values: z.object({ root_module: module }) });

/** All resources that a plan would leave, of all modules. */
export function plannedResources(json: string): Resource[] {
  const { root_module: root } = shown.parse(JSON.parse(json)).planned_values;
  const walk = ({ resources = [], child_modules: inner = [] }: Module): Resource[] => [
    ...resources,
    ...inner.flatMap(walk),
  ];
  return walk(root).filter(({ mode }) => mode === "managed");
}

type Rule = (resource: Resource) => string | null;

const isOpen = (value: unknown) => Array.isArray(value) && value.length > 0;

const noIngress: Rule = ({ type, values }) => {
  if (type === "aws_vpc_security_group_ingress_rule") return "is an ingress rule";
  if (type === "aws_security_group_rule" && values["type"] === "ingress")
    return "is an ingress rule";
  const isGroup = type === "aws_security_group" || type === "aws_default_security_group";
  return isGroup && isOpen(values["ingress"]) ? "has an ingress rule" : null;
};

const isEncrypted: Rule = ({ type, values }) => {
  if (type === "aws_ebs_volume") return values["encrypted"] === true ? null : "is not encrypted";
  if (type !== "aws_launch_template") return null;
  const devices = z
    .array(z.object({ ebs: z.array(z.object({ encrypted: z.string() })) }))
    .parse(values["block_device_mappings"]);
  const all = devices.flatMap(({ ebs }) => ebs);
  return all.length > 0 && all.every(({ encrypted }) => encrypted === "true")
    ? null
    : "has a disk that is not encrypted";
};

const guardsCredentials: Rule = ({ type, values }) => {
  if (type !== "aws_launch_template") return null;
  const [options] = z
    .array(z.object({ http_tokens: z.string(), http_put_response_hop_limit: z.number() }))
    .parse(values["metadata_options"]);
  return options?.http_tokens === "required" && options.http_put_response_hop_limit === 1
    ? null
    : "does not ask for IMDSv2 with one hop";
};

/** No resource may carry a secret's value into the state. */
const keepsNoSecret: Rule = ({ type }) =>
  /^aws_(ssm_parameter|secretsmanager_secret_version|iam_access_key|key_pair)$/.test(type)
    ? "puts a secret into the state"
    : null;

const rules: readonly Rule[] = [noIngress, isEncrypted, guardsCredentials, keepsNoSecret];

/** What breaks a rule, one line each; empty = all is well. */
export function breaches(resources: readonly Resource[]): string[] {
  return resources.flatMap((each) =>
    rules.flatMap((rule) => {
      const breach = rule(each);
      return breach === null ? [] : [`${each.address} ${breach}`];
    }),
  );
}
