// Told to end, npm ends and tells nobody: what it ran has to see for itself.
const lookEveryMs = 500;

/**
 * Resolves when the shell that npm ran this process in is gone. Run in any other way it never does:
 * whoever starts the script itself may well leave before it.
 */
export function npmGone(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (process.env["npm_lifecycle_event"] === undefined) return promise;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) resolve();
  }, lookEveryMs).unref();
  return promise;
}
