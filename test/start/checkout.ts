// A copy of what `npm start` needs, for tests that change wrangler.toml, .dev.vars or take a file away.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Checkout extends Disposable {
  readonly folder: string;
  write(file: string, text: string): void;
  remove(file: string): void;
}

/** Small files are copied; of node_modules each package is a link, so that one can be taken away. */
export function copyCheckout(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), "checkout-"));
  for (const part of [
    "gateway",
    "gpu-origin/embedded",
    "package.json",
    "tsconfig.json",
    "wrangler.toml",
  ]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  const packages = join(root, "node_modules");
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(packages)) {
    if (!name.startsWith("."))
      symlinkSync(join(packages, name), join(folder, "node_modules", name));
  }
  return {
    folder,
    write: (file, text) => writeFileSync(join(folder, file), text),
    remove: (file) => rmSync(join(folder, file)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
