// Server-sent events come in pieces that are cut anywhere.
import { expect, it } from "vitest";
import { createEventReader, readEvents } from "../../gateway/playground/event-stream.js";

const wire =
  ':\n\nevent: ranking\ndata: {"a":1}\n\n: beat\n\nevent: summary.delta\r\ndata: {"text":"é 𒐫"}\r\n\r\ndata: a\rdata:b\r\rdata: unended';
const events = [
  { name: "ranking", data: '{"a":1}' },
  { name: "summary.delta", data: '{"text":"é 𒐫"}' },
  { name: "message", data: "a\nb" },
];

it("reads the same events wherever the text is cut", () => {
  for (let at = 0; at <= wire.length; at += 1) {
    const read = createEventReader();
    expect([...read(wire.slice(0, at)), ...read(wire.slice(at))]).toEqual(events);
  }
  const read = createEventReader();
  expect(Array.from(wire).flatMap((char) => read(char))).toEqual(events);
});

it("reads bytes that are cut within a character", async () => {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const byte of new TextEncoder().encode(wire)) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  const seen = [];
  for await (const event of readEvents(body)) seen.push(event);
  expect(seen).toEqual(events);
});
