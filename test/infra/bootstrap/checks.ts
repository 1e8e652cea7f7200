// The bootstrap: what is rendered is well formed, and its scripts do what they say, on a machine of paper.
import { equal, match, ok } from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must, type Check } from "../check.ts";
import { paperMachine, type Machine } from "./machine.ts";
import { rendered, type Cloud } from "./render.ts";

const files = fileURLToPath(
  new URL("../../../infra/modules/origin-bootstrap/files", import.meta.url),
);
const clouds: readonly Cloud[] = ["aws", "gcp"];

const wellFormed: readonly Check[] = [
  {
    name: "the cloud-config of both clouds fits cloud-init's schema",
    needs: ["terraform", "cloud-init"],
    async run() {
      const folder = await rendered();
      for (const cloud of clouds) {
        // oxlint-disable-next-line no-await-in-loop
        await must("cloud-init", ["schema", "--config-file", join(folder, `${cloud}.yaml`)]);
      }
    },
  },
  {
    name: "the cloud-config of both clouds is well-formed YAML",
    needs: ["terraform", "yamllint"],
    async run() {
      const folder = await rendered();
      // Terraform's own writer quotes and breaks lines as it likes: only what is wrong counts.
      const rules = "{rules: {key-duplicates: enable, empty-values: enable, truthy: enable}}";
      const paths = clouds.map((cloud) => join(folder, `${cloud}.yaml`));
      await must("yamllint", ["--strict", "-d", rules, ...paths]);
    },
  },
  {
    name: "shellcheck finds nothing in the bootstrap's scripts",
    needs: ["shellcheck"],
    async run() {
      const scripts = (await readdir(files)).filter((name) => name.endsWith(".sh"));
      await must("shellcheck", ["--severity=style", ...scripts.map((name) => join(files, name))]);
    },
  },
];

/** A check on a paper machine of its own. */
const on = (cloud: Cloud, name: string, use: (machine: Machine) => Promise<void>): Check => ({
  name,
  needs: [],
  async run() {
    const machine = await paperMachine(cloud);
    try {
      await use(machine);
    } finally {
      await machine.remove();
    }
  },
});

const now = 1_800_000_000;
const at = (seconds: number, upSeconds = 100_000) => ({
  WATCHDOG_NOW: String(now + seconds),
  WATCHDOG_UP: String(upSeconds),
});
const healthy = (prompts: number) =>
  `case $1 in ps) echo c0ffee ;; exec) echo 'vllm:request_success_total{finished_reason="length"} ${prompts}.0' ;; esac`;
const asked = async (machine: Machine, pattern: RegExp) =>
  (await machine.noted()).some((line) => pattern.test(line));
const gaveUp = /set-instance-health .*Unhealthy/;
const slept = /set-desired-capacity .*the-group --desired-capacity 0/;

const watchdog: readonly Check[] = [
  on(
    "aws",
    "watchdog: an origin that stops ranking is restarted after 5 minutes and given up after 15",
    async (machine) => {
      await machine.command("docker", healthy(0));
      await machine.run("watchdog", at(0));
      await machine.command("docker", 'case "$*" in *-aq*) echo c0ffee ;; esac');
      await machine.noted();
      await machine.run("watchdog", at(290));
      ok(!(await asked(machine, /docker restart/)), "restarted too early");
      await machine.run("watchdog", at(310));
      ok(await asked(machine, /docker restart .*c0ffee/), "not restarted");
      await machine.run("watchdog", at(600));
      ok(!(await asked(machine, /docker restart/)), "restarted twice");
      await machine.command("curl", "echo i-0123");
      await machine.command("curl", 'case "$*" in *spot*) exit 22 ;; *) echo i-0123 ;; esac');
      await machine.run("watchdog", at(910));
      ok(await asked(machine, gaveUp), "not given up");
    },
  ),
  on(
    "aws",
    "watchdog: a first start may take 45 minutes, after a restart of the service too",
    async (machine) => {
      await machine.command("curl", 'case "$*" in *spot*) exit 22 ;; *) echo i-0123 ;; esac');
      await machine.setState("started", `${now}\n`);
      await machine.run("watchdog", at(2600));
      ok(!(await asked(machine, gaveUp)), "given up while it starts");
      await machine.run("watchdog", at(3400));
      ok(await asked(machine, gaveUp), "never given up");
    },
  ),
  on(
    "aws",
    "watchdog: sleeps after an hour of probes alone, and not while somebody ranks",
    async (machine) => {
      const minute = 60;
      const hour = 60 * minute;
      await machine.command("docker", healthy(1000));
      await machine.run("watchdog", at(0));
      // Three probes a minute.
      await machine.command("docker", healthy(1000 + 3 * 59));
      await machine.run("watchdog", at(59 * minute));
      ok(!(await asked(machine, slept)), "slept too early");
      // Twenty rankings of 24 themes.
      await machine.command("docker", healthy(1000 + 3 * 59 + 480));
      await machine.run("watchdog", at(60 * minute));
      ok(!(await asked(machine, slept)), "slept while somebody ranked");
      await machine.command("docker", healthy(1000 + 3 * 59 + 480 + 180));
      await machine.run("watchdog", at(60 * minute + hour));
      ok(await asked(machine, slept), "did not sleep");
    },
  ),
  on(
    "aws",
    "watchdog: counters that start anew, or cannot be read, put nothing to sleep",
    async (machine) => {
      await machine.command("docker", healthy(9000));
      await machine.run("watchdog", at(0));
      await machine.command("docker", healthy(3));
      await machine.run("watchdog", at(4000));
      ok(!(await asked(machine, slept)), "a restart was taken for idleness");
      equal(await machine.state("busy"), `${now + 4000} 3\n`);
    },
  ),
  on("aws", "watchdog: leaves in order when the cloud takes the machine back", async (machine) => {
    await machine.command("curl", 'echo \'{"action":"terminate"}\'');
    await machine.run("watchdog", at(0));
    ok(await asked(machine, /systemctl stop themerank-origin\.service/), "not stopped");
  }),
  on("gcp", "watchdog: on Google a machine gives itself up by powering off", async (machine) => {
    await machine.setState("healthy", `${now}\n`);
    await machine.run("watchdog", at(1000));
    ok(await asked(machine, /systemctl poweroff/), "still there");
  }),
];

const up = (folder: string) => `mkdir -p '${folder}/source/gpu-origin/bin'
cat >'${folder}/source/gpu-origin/bin/up' <<'END'
#!/bin/sh
echo "up $PRESET $VLLM_API_KEY $TUNNEL_TOKEN \${SURPRISE:-none}"
END
chmod +x '${folder}/source/gpu-origin/bin/up'`;

const start: readonly Check[] = [
  on(
    "aws",
    "start: fetches the commit, takes the secret's known names, starts the containers",
    async (machine) => {
      await machine.command("git", `case "$*" in *checkout*) ${up(machine.folder)} ;; esac`);
      await machine.command(
        "aws",
        "printf 'VLLM_API_KEY=a-key\\nTUNNEL_TOKEN=a-token==\\nSURPRISE=$(reboot)\\n'",
      );
      const { status, output } = await machine.run("start");
      equal(status, 0, output);
      match(output, /^up llama-3\.1-8b\.a10g a-key a-token== none$/m);
      const noted = (await machine.noted()).join("\n");
      match(
        noted,
        /git .*fetch -q --depth 1 https:\/\/git\.example\.com\/themerank\.git 0123456789abcdef/,
      );
      match(noted, /ssm get-parameter --name the-secret --with-decryption/);
      ok(!noted.includes("a-token"), "a secret is in a command line");
    },
  ),
  on(
    "gcp",
    "start: without its secret nothing is started, and it fails so that it is tried again",
    async (machine) => {
      await machine.command("git", `case "$*" in *checkout*) ${up(machine.folder)} ;; esac`);
      await machine.command("gcloud", "exit 1");
      const { status, output } = await machine.run("start");
      ok(status !== 0, "no failure");
      ok(!/^up /m.test(output), "started without a key");
      equal(await machine.state("started"), null);
    },
  ),
];

/** What blkid says of a disk, and whether it may then be formatted. */
const disks: readonly (readonly [what: string, status: number, formatted: boolean])[] = [
  ["a bare disk is formatted", 2, true],
  ["a disk with a file system is not", 0, false],
  ["a disk that cannot be read is not", 4, false],
];

const cacheDisk: readonly Check[] = disks.map(([what, status, formatted]) => ({
  name: `start: ${what}, and Docker's folders are put on it`,
  needs: [],
  async run() {
    const machine = await paperMachine("aws", { disk: true });
    try {
      await machine.command("mountpoint", "exit 1");
      await machine.command("blkid", `exit ${status}`);
      for (const name of ["mkfs.ext4", "mount"]) {
        // oxlint-disable-next-line no-await-in-loop -- two small files
        await machine.command(name);
      }
      await machine.run("start");
      const noted = await machine.noted();
      equal(
        noted.some((line) => line.startsWith("mkfs.ext4 ")),
        formatted,
      );
      equal(noted.filter((line) => line.startsWith("mount --bind ")).length, 2);
      const stopped = noted.findIndex((line) => line.startsWith("systemctl stop docker.socket"));
      ok(
        stopped >= 0 && stopped < noted.findIndex((line) => line.startsWith("mount ")),
        "Docker ran on",
      );
    } finally {
      await machine.remove();
    }
  },
}));

export const bootstrapChecks: readonly Check[] = [
  ...wellFormed,
  ...watchdog,
  ...start,
  ...cacheDisk,
];
