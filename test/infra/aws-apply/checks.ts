// The AWS module applied for real, to moto: apply, a second plan without changes, a change, destroy.
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must, ran, type Check } from "../check.ts";
import { copyInfra, initReal, work } from "../terraform/roots.ts";
import { startMoto, type Moto } from "./moto.ts";
import { breaches, plannedResources, type Resource } from "./policy.ts";

const source = fileURLToPath(new URL("main.tf", import.meta.url));
const root = { path: "apply", provider: "aws" } as const;
const cwd = join(work, root.path);
/** What stands in the parameter that the machine reads, and nowhere else. */
const canary = "VLLM_API_KEY=kept-out-of-every-state";
const ami = "/test/deep-learning/ami-id";
/** One that moto knows. */
const image = "ami-12c6146b";

const apply: Check = {
  name: "infra/modules/origin-aws: applied to moto, planned again without a change, changed, destroyed",
  needs: ["terraform", "moto"],
  async run() {
    await copyInfra();
    await rm(cwd, { recursive: true, force: true });
    await mkdir(cwd);
    await cp(source, join(cwd, "main.tf"));
    await initReal(root);
    const moto = await startMoto();
    try {
      await lifeCycle(moto);
    } finally {
      await moto.stop();
    }
  },
};

async function lifeCycle(moto: Moto): Promise<void> {
  const terraform = (...args: readonly string[]) =>
    must("terraform", [...args], { cwd, env: { ...process.env, TF_VAR_endpoint: moto.url } });
  const put = (parameter: object) => moto.json("ssm", "AmazonSSM.PutParameter", parameter);
  await put({ Name: ami, Value: image, Type: "String" });
  await put({ Name: "/themerank/staging/origin-env", Value: canary, Type: "SecureString" });

  await terraform("plan", "-input=false", "-out=plan");
  const plan = await terraform("show", "-json", "plan");
  const resources = plannedResources(plan);
  const found = breaches(resources);
  if (found.length > 0) throw new Error(found.join("\n"));
  await terraform("apply", "-input=false", "plan");
  for (const text of [plan, await readFile(join(cwd, "terraform.tfstate"), "utf8")]) {
    if (text.includes(canary)) throw new Error("the secret is in the plan or the state");
  }
  await groupHas(moto, "1");

  // Somebody, a schedule or the idle stop sets the group to nothing: Terraform leaves that so, and all else.
  await group(moto, "SetDesiredCapacity", { DesiredCapacity: "0" });
  await changes(moto, []);
  // Another model is another launch template, and a refresh of the group.
  const machine = '-var=machine={preset="mistral-7b-v0.3.a10g",spot=true}';
  await changes(
    moto,
    ["aws_autoscaling_group.origin", "aws_launch_template.origin"],
    machine,
    "-refresh=false",
  );

  await terraform("destroy", "-input=false", "-auto-approve");
  const left = await terraform("state", "list");
  if (left.trim() !== "") throw new Error(`left behind:\n${left}`);
}

function group(moto: Moto, action: string, more: Readonly<Record<string, string>> = {}) {
  const name = "themerank-origin-staging";
  const which =
    action === "DescribeAutoScalingGroups"
      ? { "AutoScalingGroupNames.member.1": name }
      : { AutoScalingGroupName: name };
  return moto.call("autoscaling", { Action: action, Version: "2011-01-01", ...which, ...more });
}

async function groupHas(moto: Moto, capacity: string): Promise<void> {
  const told = await group(moto, "DescribeAutoScalingGroups");
  if (!told.includes(`<DesiredCapacity>${capacity}</DesiredCapacity>`)) {
    throw new Error(`the group does not want ${capacity} machine\n${told}`);
  }
}

/** Plans, and throws unless exactly these resources would change. */
async function changes(moto: Moto, wanted: readonly string[], ...flags: readonly string[]) {
  const env = { ...process.env, TF_VAR_endpoint: moto.url };
  const args = ["plan", "-input=false", "-no-color", "-detailed-exitcode", ...flags];
  const { status, output } = await ran("terraform", args, { cwd, env });
  // 0: no change; 2: changes; 1: an error.
  const told = [...output.matchAll(/# module\.origin\.(\S+) (?:will|must) be/g)].map(
    ([, at]) => at,
  );
  const same = told.length === wanted.length && wanted.every((each) => told.includes(each));
  if (!same || status !== (wanted.length > 0 ? 2 : 0)) throw new Error(output);
}

const planted: readonly Resource[] = [
  ["aws_security_group", { ingress: [{ from_port: 22 }] }],
  ["aws_vpc_security_group_ingress_rule", {}],
  ["aws_security_group_rule", { type: "ingress" }],
  ["aws_ebs_volume", { encrypted: false }],
  ["aws_ssm_parameter", {}],
  [
    "aws_launch_template",
    {
      block_device_mappings: [{ ebs: [{ encrypted: "true" }] }],
      metadata_options: [{ http_tokens: "optional", http_put_response_hop_limit: 1 }],
    },
  ],
].map(([type, values], index) => ({
  address: `planted.${index}`,
  type: type as string,
  mode: "managed",
  values: values as Record<string, unknown>,
}));

/** The rules must be able to fail. */
const policySees: Check = {
  name: "the plan's rules find ingress, a bare disk, IMDSv1 and a secret in the state",
  needs: [],
  run() {
    const found = breaches(planted);
    const same = found.length === planted.length;
    return same ? Promise.resolve() : Promise.reject(new Error(`found only:\n${found.join("\n")}`));
  },
};

export const awsApplyChecks: readonly Check[] = [policySees, apply];
