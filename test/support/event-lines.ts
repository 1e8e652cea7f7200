// The Worker's own account of each request, as printed: valid, and one a request.
import { requestRecord, type RequestRecord } from "../../gateway/telemetry/request-record.ts";

const start = '{"event":"request"';

/** @throws where a line is no event of the schema, or a request has two */
export function eventsIn(output: string): readonly RequestRecord[] {
  // The last line may have been cut off.
  const lines = output.slice(0, output.lastIndexOf("\n") + 1).split("\n");
  const events = lines
    .filter((line) => line.startsWith(start))
    .map((line) => requestRecord.parse(JSON.parse(line)));
  const seen = new Set<string>();
  const twice = events.map(({ id }) => id).filter((id) => seen.size === seen.add(id).size);
  if (twice.length > 0) throw new Error(`more than one event: ${twice.join(", ")}`);
  return events;
}
