// Where the GPU machine finds its environment: SSM, Secret Manager, or gpu-origin/.env on a machine at home.
import { execFile, type ExecFileException } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Store {
  /** KEY=VALUE lines; null = nothing has been stored. */
  read(): Promise<string | null>;
  write(lines: string): Promise<void>;
}

export const places = ["aws", "gcp", "home"] as const;
export type Place = (typeof places)[number];

/** @param environment staging or production */
export function storeOf(place: Place, environment: string): Store {
  if (place === "aws") return parameterStore(`/themerank/${environment}/origin-env`);
  if (place === "gcp") return secretManager(`themerank-origin-${environment}-env`);
  return envFile(fileURLToPath(new URL("../../gpu-origin/.env", import.meta.url)));
}

/** A value never stands in a command line, where all of a machine's users may read it: standard input has it. */
function parameterStore(name: string): Store {
  const get = ["ssm", "get-parameter", "--name", name, "--with-decryption"];
  return {
    read: () =>
      told("aws", [...get, "--query", "Parameter.Value", "--output", "text"], /ParameterNotFound/),
    async write(lines) {
      const parameter = { Name: name, Value: lines, Type: "SecureString", Overwrite: true };
      const args = ["ssm", "put-parameter", "--cli-input-json", "file:///dev/stdin"];
      await run("aws", args, JSON.stringify(parameter));
    },
  };
}

function secretManager(name: string): Store {
  return {
    read: () =>
      told("gcloud", ["secrets", "versions", "access", "latest", `--secret=${name}`], /NOT_FOUND/),
    async write(lines) {
      await run("gcloud", ["secrets", "versions", "add", name, "--data-file=-"], lines);
    },
  };
}

function envFile(path: string): Store {
  return {
    read: () => Promise.resolve(existsSync(path) ? readFileSync(path, "utf8") : null),
    write(lines) {
      const made = `${path}.new`;
      writeFileSync(made, lines, { mode: 0o600 });
      renameSync(made, path);
      return Promise.resolve();
    },
  };
}

/** What a command prints; null where it fails with `absent`. Any other failure must not look like an empty store. */
async function told(
  command: string,
  args: readonly string[],
  absent: RegExp,
): Promise<string | null> {
  try {
    return await run(command, args, "");
  } catch (error) {
    if (error instanceof Error && absent.test(error.message)) return null;
    throw error;
  }
}

function run(command: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...args],
      (error: ExecFileException | null, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const why = error.code === "ENOENT" ? "is not installed here" : stderr.trim();
        reject(new Error(`${command} ${args.slice(0, 2).join(" ")}: ${why}`));
      },
    );
    // A command that ends without reading leaves a pipe that nobody reads.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
