// Request ids: sortable by time, safe in headers and logs.

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `req_` and a ULID: 48 bits of time, 80 of chance. */
export function newRequestId(nowMs: number): string {
  let time = "";
  for (let rest = nowMs, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32)) {
    time = (crockford[rest % 32] ?? "") + time;
  }
  let chance = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) chance += crockford[byte % 32];
  return `req_${time}${chance}`;
}
