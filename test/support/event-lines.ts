// The Worker's own account of each request, as printed: valid, and one a request.
import { requestRecord, type RequestRecord } from "../../gateway/telemetry/request-record.ts";

const start = '{"event":"request"';

/** @throws where a line is no event of the schema, or a request has two */
export function eventsIn(output: string): readonly RequestRecord[] {
  const events = output
    .split("\n")
    .filter((line) => line.startsWith(start))
    .map((line) => requestRecord.parse(JSON.parse(line)));
  const ids = events.map(({ id }) => id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length > 0) throw new Error(`more than one event: ${twice.join(", ")}`);
  return events;
}
