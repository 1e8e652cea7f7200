// What the command's exit code says.
import type { ClientError } from "../outcome.ts";

export const exitCode = {
  ok: 0,
  /** Of many texts, some were not ranked; each says why in its line. */
  someFailed: 1,
  /** The command line, a file or the request is wrong: the same again fails again. */
  badInput: 2,
  /** No answer: not reachable, timed out, cut off, or nothing that speaks this protocol. */
  unreachable: 3,
  /** The key: none, unknown, without the scope, or over its rate. */
  refused: 4,
  /** The service answered that it cannot: its rankers failed, or it is defective. */
  failed: 5,
  /** As shells report an interrupted command. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export function exitCodeOf(error: ClientError): ExitCode {
  if (error.kind === "aborted") return exitCode.interrupted;
  if (error.kind !== "problem") return exitCode.unreachable;
  if ([401, 403, 429].includes(error.status)) return exitCode.refused;
  return error.status < 500 ? exitCode.badInput : exitCode.failed;
}
