// What may go wrong on the way from an upstream, as switches: fault matrix F2-F14 and F18-F20.
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

/** An answer the upstream would give: `chunks` joined are the body; more than one is a stream. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly string[];
  /** Pause before each chunk but the first. */
  readonly chunkDelayMs: number;
}

export type FaultKind =
  /** Another status; `body` is sent as JSON unless it is a string. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  /** The request is accepted and never answered. */
  | { readonly kind: "hang" }
  /** Headers and half of the true body, then nothing, the connection stays open. */
  | { readonly kind: "headers_then_stall" }
  /** The true answer, its body at this pace. */
  | { readonly kind: "drip"; readonly bytesPerSecond: number }
  /** A TCP reset instead of an answer. */
  | { readonly kind: "reset" }
  /** Headers and half of the true body, then a TCP reset. */
  | { readonly kind: "reset_mid_body" }
  /** Half of the true body as a complete answer with the true status. */
  | { readonly kind: "truncated_json" }
  /** 200 with a page, as a tunnel or a proxy may give. */
  | { readonly kind: "html" }
  /** 302, as Cloudflare Access gives without a service token. */
  | { readonly kind: "redirect"; readonly location: string }
  /** The true answer, later. */
  | { readonly kind: "delay"; readonly ms: number }
  /** 200 with any JSON. */
  | { readonly kind: "body"; readonly body: unknown }
  /** So many events of a stream, so far apart; then the ending told here, or its true rest. */
  | {
      readonly kind: "stream";
      readonly events?: number;
      readonly delayMs?: number;
      /** An orderly end, silence, a TCP reset, or an event (or bare text) of one's own before the end. */
      readonly ending?: "end" | "stall" | "reset" | { readonly event: object | string };
    }
  /** 200 with a JSON object of this size. */
  | { readonly kind: "huge"; readonly bytes: number }
  /** The same, packed by gzip to a thousandth of it. */
  | { readonly kind: "gzip_bomb"; readonly bytes: number };

/** A fault and when it strikes. Plain JSON, so that it can be set over HTTP as well. */
export type Fault = FaultKind & {
  /** Only the next N requests it concerns; endless when absent. */
  readonly times?: number;
  /** Only each N-th of the requests it concerns: 2 makes an upstream that flaps. */
  readonly every?: number;
  /** Only requests whose path ends with this. */
  readonly path?: string;
};

const page =
  "<!DOCTYPE html>\n<html><head><title>Tunnel error</title></head><body><h1>Error 1033</h1>" +
  "<p>The host is configured as a tunnel and is currently unable to resolve it.</p></body></html>\n";

/** One write of "drip" happens at most this often. */
const dripTickMs = 20;
/** Long enough on loopback for the client to have read what came before the reset. */
const resetAfterMs = 25;

/** @returns an answer of one JSON body */
export function jsonAnswer(status: number, body: unknown): Answer {
  return {
    status,
    headers: { "content-type": "application/json" },
    chunks: [JSON.stringify(body)],
    chunkDelayMs: 0,
  };
}

/** Tells an answer made by hand from a JSON body. */
export function isAnswer(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && "chunks" in value;
}

/** Sends an answer as it is, or `last` where it would end; stops when the client has left. */
export function send(res: ServerResponse, answer: Answer, last = (): void => void res.end()): void {
  const { chunks, chunkDelayMs } = answer;
  if (chunks.length <= 1) {
    const body = Buffer.from(chunks[0] ?? "");
    res.writeHead(answer.status, { ...answer.headers, "content-length": String(body.length) });
    res.end(body);
    return;
  }
  res.writeHead(answer.status, answer.headers);
  let next = 0;
  const step = (): void => {
    if (res.destroyed) return;
    res.write(chunks[next++]);
    if (next === chunks.length) last();
    else if (chunkDelayMs === 0) step();
    else later(res, chunkDelayMs, step);
  };
  step();
}

/** Runs `action` after `delayMs`, unless the connection has closed by then. */
function later(res: ServerResponse, delayMs: number, action: () => void): void {
  const timer = setTimeout(action, delayMs);
  res.once("close", () => clearTimeout(timer));
}

/** Promises the whole body and sends half of it. */
function sendHalf(res: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.chunks.join(""));
  res.writeHead(answer.status, { ...answer.headers, "content-length": String(body.length) });
  res.write(body.subarray(0, body.length >> 1));
}

function drip(res: ServerResponse, answer: Answer, bytesPerSecond: number): void {
  const body = Buffer.from(answer.chunks.join(""));
  const tickMs = Math.max(dripTickMs, 1000 / bytesPerSecond);
  const perTick = Math.max(1, Math.round((bytesPerSecond * tickMs) / 1000));
  res.writeHead(answer.status, { ...answer.headers, "content-length": String(body.length) });
  res.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    res.write(body.subarray(sent, sent + perTick));
    sent += perTick;
    if (sent < body.length) return;
    clearInterval(timer);
    res.end();
  }, tickMs);
  res.once("close", () => clearInterval(timer));
}

function huge(res: ServerResponse, bytes: number): void {
  const block = Buffer.alloc(64 * 1024, "x");
  res.writeHead(200, { "content-type": "application/json", "content-length": String(bytes) });
  res.write('{"pad":"');
  let left = bytes - 10;
  const pump = (): void => {
    while (left > 0 && !res.destroyed) {
      const part = block.subarray(0, Math.min(left, block.length));
      left -= part.length;
      if (!res.write(part)) {
        res.once("drain", pump);
        return;
      }
    }
    res.end('"}');
  };
  pump();
}

/**
 * Answers a request the way the fault says; without a fault, the true way.
 * @param answer the true answer, some faults need it or part of it
 */
export function applyFault(res: ServerResponse, fault: FaultKind | null, answer: Answer): void {
  const reset = (): void => void res.socket?.resetAndDestroy();
  switch (fault?.kind) {
    case undefined:
      return send(res, answer);
    case "status": {
      const body = fault.body ?? { error: { code: fault.status, message: "fault" } };
      const type = typeof body === "string" ? "text/plain" : "application/json";
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const headers = { "content-type": type, ...fault.headers };
      return send(res, { status: fault.status, headers, chunks: [text], chunkDelayMs: 0 });
    }
    case "hang":
      return;
    case "headers_then_stall":
      return sendHalf(res, answer);
    case "drip":
      return drip(res, answer, fault.bytesPerSecond);
    case "reset":
      return reset();
    case "reset_mid_body":
      sendHalf(res, answer);
      return later(res, resetAfterMs, reset);
    case "truncated_json": {
      const text = answer.chunks.join("");
      return send(res, { ...answer, chunks: [text.slice(0, text.length >> 1)] });
    }
    case "html":
      return send(res, {
        status: 200,
        headers: { "content-type": "text/html; charset=UTF-8" },
        chunks: [page],
        chunkDelayMs: 0,
      });
    case "redirect":
      return send(res, {
        status: 302,
        headers: { location: fault.location },
        chunks: [],
        chunkDelayMs: 0,
      });
    case "delay":
      return later(res, fault.ms, () => send(res, answer));
    case "body":
      return send(res, jsonAnswer(200, fault.body));
    case "stream": {
      const { events = answer.chunks.length, delayMs = answer.chunkDelayMs, ending } = fault;
      const chunks = answer.chunks.slice(0, events);
      if (typeof ending === "object") {
        const { event } = ending;
        chunks.push(typeof event === "string" ? event : `data: ${JSON.stringify(event)}\n\n`);
      }
      // A stream of one event too is sent as a stream.
      const streamed = { ...answer, chunks: ["", ...chunks], chunkDelayMs: delayMs };
      if (ending === "stall") return send(res, streamed, () => {});
      return send(
        res,
        streamed,
        ending === "reset" ? () => later(res, resetAfterMs, reset) : undefined,
      );
    }
    case "huge":
      return huge(res, fault.bytes);
    case "gzip_bomb": {
      const packed = gzipSync(`{"pad":"${"x".repeat(fault.bytes - 10)}"}`);
      const headers = { "content-type": "application/json", "content-encoding": "gzip" };
      res.writeHead(200, { ...headers, "content-length": String(packed.length) });
      res.end(packed);
      return;
    }
  }
}
