// What Prometheus's own tool says of the configuration, the rules, and their unit tests.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must, ran, type Check } from "../check.ts";

const folder = fileURLToPath(new URL("../../../gpu-origin/observability", import.meta.url));
const promtool = (...args: string[]) => must("promtool", args, { cwd: folder });

export const observabilityChecks: readonly Check[] = [
  {
    name: "observability: promtool takes prometheus.yml and rules.yml",
    needs: ["promtool"],
    async run() {
      await promtool("check", "config", "prometheus.yml");
      await promtool("check", "rules", "rules.yml");
    },
  },
  {
    name: "observability: each alert fires on its trouble, and none in a good hour",
    needs: ["promtool"],
    run: async () => void (await promtool("test", "rules", "rules.test.yml")),
  },
  {
    name: "observability: the rules' tests miss each alert that is taken away",
    needs: ["promtool"],
    async run() {
      const rules = readFileSync(join(folder, "rules.yml"), "utf8");
      const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, alert = ""]) => alert);
      const changed = mkdtempSync(join(tmpdir(), "rules-"));
      try {
        const tests = readFileSync(join(folder, "rules.test.yml"));
        writeFileSync(join(changed, "rules.test.yml"), tests);
        writeFileSync(join(changed, "rules.yml"), rules.replaceAll(/(- alert: \w+)/g, "$1Renamed"));
        const { output } = await ran("promtool", ["test", "rules", "rules.test.yml"], {
          cwd: changed,
        });
        const missed = alerts.filter((name) => output.includes(`alertname=\\"${name}\\"`));
        if (missed.length < alerts.length || alerts.length === 0)
          throw new Error(
            `of ${alerts.join(", ")} only ${missed.join(", ")} are missed\n${output}`,
          );
      } finally {
        rmSync(changed, { recursive: true });
      }
    },
  },
];
