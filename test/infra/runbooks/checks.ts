// What the runbooks tell a tired person to type must exist: scripts, files, flags of our own commands, Terraform's names.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Check } from "../check.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = join(root, "infra/runbooks");

interface Page {
  readonly name: string;
  readonly text: string;
}

const pages: readonly Page[] = [
  ...readdirSync(folder).map((name) => join("infra/runbooks", name)),
  "infra/README.md",
].map((name) => ({ name, text: readFileSync(join(root, name), "utf8") }));

/** Throws with every page and thing that is missing. */
function refuse(missing: readonly string[]): Promise<void> {
  return missing.length === 0 ? Promise.resolve() : Promise.reject(new Error(missing.join("\n")));
}

const found = (pattern: RegExp): [page: string, thing: string][] =>
  pages.flatMap(({ name, text }) =>
    [...text.matchAll(pattern)].map(([, ...things]): [string, string] => [
      name,
      things.find((thing) => thing !== undefined) ?? "",
    ]),
  );

export const runbookChecks: readonly Check[] = [
  {
    name: "runbooks: every npm script that they name exists",
    needs: [],
    run() {
      const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
        scripts: Record<string, string>;
      };
      const missing = found(/npm run ([\w:-]+)/g).filter(([, script]) => !(script in scripts));
      return refuse(missing.map(([page, script]) => `${page}: npm run ${script}`));
    },
  },
  {
    name: "runbooks: every file and folder of this repository that they name exists",
    needs: [],
    run() {
      const named = [
        ...found(/(?<![\w/.])((?:infra|gpu-origin|test|gateway)\/[\w./-]*\w)/g),
        ...found(/-chdir=([\w/-]+)/g),
        ...found(/\bcd (infra\/[\w/-]+)/g),
      ];
      const missing = named.filter(
        // Made by the person who reads, by `bin/up` or by Terraform.
        ([, path]) => !/\.tfvars$|\.hcl$|\.env$/.test(path) && !existsSync(join(root, path)),
      );
      return refuse(missing.map(([page, path]) => `${page}: ${path}`));
    },
  },
  {
    name: "runbooks: every page that another one names exists",
    needs: [],
    run() {
      const missing = found(/`([\w-]+\.md)`|\]\(runbooks\/([\w-]+\.md)\)/g).filter(
        ([, page]) => page !== "" && !existsSync(join(folder, page)),
      );
      return refuse(missing.map(([page, other]) => `${page}: ${other}`));
    },
  },
  {
    name: "runbooks: every one is linked from infra/README.md, and says how to know it is over",
    needs: [],
    run() {
      const readme = readFileSync(join(root, "infra/README.md"), "utf8");
      const missing = readdirSync(folder).flatMap((name) => {
        const text = readFileSync(join(folder, name), "utf8");
        const ends = /^## How to know it is (over|done)$/m.test(text);
        return [
          ...(readme.includes(`(runbooks/${name})`) ? [] : [`infra/README.md: no link to ${name}`]),
          ...(ends ? [] : [`${name}: no end`]),
        ];
      });
      return refuse(missing);
    },
  },
  {
    name: "runbooks: groups, parameters and variables that they name are the modules' own",
    needs: [],
    run() {
      const sources = ["modules/edge", "modules/origin-aws", "modules/origin-gcp"]
        .flatMap((module) =>
          readdirSync(join(root, "infra", module))
            .filter((name) => name.endsWith(".tf"))
            .map((name) => readFileSync(join(root, "infra", module, name), "utf8")),
        )
        .join("\n");
      const variables = found(
        /`(cache_disk_gb|instance_types|idle_stop_minutes|schedules|monthly_budget_usd|iap_ssh|spot|image)\b/g,
      ).filter(([, name]) => !sources.includes(`variable "${name}"`));
      const groups = found(/\b(themerank-origin-\w+)/g).filter(
        ([, name]) => !/^themerank-origin-(staging|production)$/.test(name),
      );
      const known =
        sources.includes('"themerank-origin-${var.environment}"') &&
        sources.includes('"/themerank/${var.environment}/origin-env"');
      const odd = [...variables, ...groups].map(([page, name]) => `${page}: ${name}`);
      return refuse(known ? odd : [...odd, "the modules name group or parameter otherwise"]);
    },
  },
];
