// An HTTP/1.1 request byte for byte as given, which no client library would send.
import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Sends `line` as the request line, then `headers` and `body`, and reads until the other side closes.
 *
 * @param headers without Host, Connection and Content-Length, which are added
 */
export function rawRequest(
  port: number,
  line: string,
  headers: readonly string[] = [],
  body = "",
): Promise<RawAnswer> {
  const head = [line, "Host: ranker", "Connection: close", ...headers];
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", (error) => (chunks.length > 0 ? resolve(parse(chunks)) : reject(error)));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", () => resolve(parse(chunks)));
    socket.write(`${[...head, `Content-Length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n`);
    socket.write(body);
  });
}

function parse(chunks: readonly Buffer[]): RawAnswer {
  const [head = "", ...rest] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(statusLine.split(" ")[1]),
    headers: new Map(headers),
    body: rest.join("\r\n\r\n"),
  };
}
