// Whether and when a request may be sent once more.

const retryableStatuses = new Set([429, 503]);

/**
 * How long the service asks us to wait, milliseconds; null where sending again is no use.
 * @param told the problem's own word on whether trying again can help
 * @see RFC 9110 section 10.2.3: seconds, or a date
 */
export function retryDelayMs(
  status: number,
  retryAfter: string | null,
  told: boolean | null,
  nowMs: number,
): number | null {
  if (!retryableStatuses.has(status) || told === false) return null;
  if (retryAfter === null) return 1_000;
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * 1_000;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? 1_000 : Math.max(0, date - nowMs);
}
