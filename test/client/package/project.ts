// The package as it would be published, installed into an empty project and compiled there.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { event, FakeGateway, problemAnswer, ranking } from "../../support/fake-gateway.ts";
import { streamAnswer, summaryOf } from "../../support/fake-gateway.ts";
import { jsonAnswer } from "../../support/fault.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

export interface Project {
  readonly folder: string;
  /** What the tarball holds, as paths. */
  readonly packed: readonly string[];
  remove(): void;
}

/** `npm pack`, then `npm install` of the tarball; no registry is asked. */
export async function emptyProject(): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "themerank-package-"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: join(root, "gateway/client"),
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "empty", private: true, type: "module" }),
  );
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], {
    cwd: folder,
  });
  for (const file of ["consumer.ts", "worker.ts"]) cpSync(join(here, file), join(folder, file));
  writeFileSync(
    join(folder, "run.mjs"),
    'import { use } from "./out/consumer.js";\n' +
      "console.log(JSON.stringify(await use(process.argv[2], process.argv[3])));\n",
  );
  const packed = [...stdout.matchAll(/"path": "([^"]+)"/g)].map(([, path = ""]) => path);
  return { folder, packed, remove: () => rmSync(folder, { recursive: true }) };
}

/** Compiles the consumer with every strictness there is, declarations of the package included. */
export async function compile(
  { folder }: Project,
  options: Readonly<Record<string, unknown>>,
): Promise<string> {
  mkdirSync(join(folder, "out"), { recursive: true });
  const compilerOptions = {
    target: "es2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    skipLibCheck: false,
    rewriteRelativeImportExtensions: true,
    outDir: "out",
    ...options,
  };
  const config = { compilerOptions, include: ["consumer.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const failed = (error: Error & { stdout?: string }) => ({
    stdout: error.stdout ?? error.message,
  });
  const { stdout } = await run(tsc, ["-p", folder], { cwd: folder }).catch(failed);
  return stdout;
}

/** Types as an installed package would bring them. */
export const typesOf = (name: string) => join(root, "node_modules", name);

/** A gateway that ranks, streams and refuses. */
export async function startGateway(): Promise<FakeGateway> {
  const gateway = await new FakeGateway().start();
  gateway.answers = [
    ({ body, path }) => {
      if ((body as { text?: string } | null)?.text === "refuse") return problemAnswer(422);
      if (path !== "/v1/analyze") return jsonAnswer(200, ranking());
      return streamAnswer([
        event("ranking", ranking()),
        event("summary.delta", { text: "Rent." }),
        event("summary", summaryOf("Rent.")),
        event("done", { usage: ranking().usage, processing_time_ms: 1 }),
      ]);
    },
  ];
  return gateway;
}

/** What the consumer must see of it. */
export const expected = {
  best: "Money",
  events: ["ranking", "summary.delta", "summary", "done"],
  refused: "422",
  unreachable: "network",
};
