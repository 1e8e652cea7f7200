// A bar of what is done, on a terminal; a line now and then where there is none.
const width = 30;
const quietEvery = 50;

/** Counts up to `total`; `note` stands behind the bar. */
export function progress(name: string, total: number) {
  let done = 0;
  return {
    tick(note = "") {
      done += 1;
      const filled = Math.round((width * done) / total);
      const bar = "#".repeat(filled).padEnd(width, ".");
      const line = `${name} [${bar}] ${done}/${total} ${note}`;
      if (process.stderr.isTTY) {
        process.stderr.write(`\r${line.slice(0, (process.stderr.columns || 80) - 1)}\u001B[K`);
        if (done === total) process.stderr.write("\n");
      } else if (done === total || done % quietEvery === 0) process.stderr.write(`${line}\n`);
    },
  };
}
