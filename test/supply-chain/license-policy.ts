// Which licences a package may have, by SPDX expression.

/** Ask for no more than a notice. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Python-2.0",
]);

/** Tools that run beside the Worker, unchanged, and are never part of its bundle. */
const tools: readonly [name: RegExp, license: string][] = [
  // wrangler's local image binding
  [/^@img\/sharp-/, "LGPL-3.0-or-later"],
  // vitest's bundler
  [/^lightningcss(?:-|$)/, "MPL-2.0"],
];

/** Whether a package of this name may have this licence; what is not an SPDX expression may not. */
export function isAllowed(name: string, license: string): boolean {
  const expression = license.replaceAll(/[()]/g, " ").trim();
  // "A AND (B OR C)" would need a parser; nothing here has one.
  if (/ OR /.test(expression) && / AND /.test(expression)) return false;
  const one = (id: string) =>
    permissive.has(id.trim()) || tools.some(([tool, own]) => tool.test(name) && own === id.trim());
  return expression.includes(" OR ")
    ? expression.split(" OR ").some(one)
    : expression.split(" AND ").every(one);
}
