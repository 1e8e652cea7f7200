// A machine of paper: the bootstrap's scripts in a folder, with commands on the PATH that only note what they are told.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ran, type Ran } from "../check.ts";
import type { Cloud } from "./render.ts";

const files = fileURLToPath(
  new URL("../../../infra/modules/origin-bootstrap/files", import.meta.url),
);
const names = ["cloud", "start", "stop", "watchdog"] as const;

export interface Machine {
  readonly folder: string;
  /** What a command does: shell, after it has noted its arguments. */
  command(name: string, body?: string): Promise<void>;
  /** A file of /run/themerank, or null. */
  state(name: string): Promise<string | null>;
  setState(name: string, text: string): Promise<void>;
  run(script: (typeof names)[number], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Lines `command arguments`, since the last call. */
  noted(): Promise<string[]>;
  remove(): Promise<void>;
}

const settings = (cloud: Cloud, disk: string) => `CLOUD='${cloud}'
LOCATION='here'
GROUP='the-group'
SECRET='the-secret'
SOURCE_URL='https://git.example.com/themerank.git'
SOURCE_COMMIT='0123456789abcdef0123456789abcdef01234567'
PRESET='llama-3.1-8b.a10g'
CACHE_DISK='${disk}'
CACHE_VOLUME='vol-0123'
IDLE_STOP_MINUTES='60'
`;

/** @param options `disk`: whether it has a cache disk */
export async function paperMachine(cloud: Cloud, { disk = false } = {}): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), "themerank-machine-"));
  const [bin, opt, state] = ["bin", "opt", "run"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const notes = join(folder, "notes");
  const conf = join(folder, "origin.conf");
  await Promise.all([bin, opt, state].map((path) => mkdir(path)));
  const device = join(folder, "device");
  if (disk) await writeFile(device, "");
  await writeFile(conf, settings(cloud, disk ? device : ""));
  await writeFile(notes, "");
  for (const name of names) {
    // oxlint-disable-next-line no-await-in-loop -- four small files
    await writeFile(join(opt, name), await readFile(join(files, `${name}.sh`)), { mode: 0o755 });
  }
  const command = async (name: string, body = "") => {
    const text = `#!/bin/sh\necho "${name} $*" >>'${notes}'\n${body}\n`;
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  };
  for (const name of ["aws", "gcloud", "docker", "systemctl", "git", "curl"]) {
    // oxlint-disable-next-line no-await-in-loop
    await command(name, name === "curl" ? "exit 22" : "");
  }
  return {
    folder,
    command,
    state: (name) => readFile(join(state, name), "utf8").catch(() => null),
    setState: (name, text) => writeFile(join(state, name), text),
    run: (script, env = {}) =>
      ran(join(opt, script), script === "cloud" ? [env["VERB"] ?? ""] : [], {
        env: {
          PATH: `${bin}:/usr/bin:/bin`,
          THEMERANK_CONF: conf,
          THEMERANK_RUN: state,
          THEMERANK_ROOT: folder,
          THEMERANK_SOURCE: join(folder, "source"),
          ...env,
        },
      }),
    async noted() {
      const lines = (await readFile(notes, "utf8")).split("\n").filter(Boolean);
      await writeFile(notes, "");
      return lines;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
