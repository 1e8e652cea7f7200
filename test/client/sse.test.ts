// Server-sent events however the network cuts them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serverSentEvents, type ServerSentEvent } from "../../gateway/client/sse.ts";
import { collected } from "../support/collected.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const read = (chunks: readonly Uint8Array[]): Promise<ServerSentEvent[]> =>
  collected(serverSentEvents(ReadableStream.from(chunks)));

const text = (stream: string) => read([bytes(stream)]);

describe("server-sent events", () => {
  it("are name and data; a colon's first space is not part of the value", async () => {
    expect(await text('event: ranking\ndata: {"a":1}\n\ndata:  two\n\n')).toEqual([
      { event: "ranking", data: '{"a":1}' },
      { event: "message", data: " two" },
    ]);
  });

  it("join several lines of data", async () => {
    expect(await text("data: a\ndata\ndata: b\n\n")).toEqual([
      { event: "message", data: "a\n\nb" },
    ]);
  });

  it("pass over comments, ids, retry times, unknown fields, and events without data", async () => {
    expect(await text(": beat\n\nid: 7\nretry: 9\nx: y\n\nevent: none\n\ndata: a\n\n")).toEqual([
      { event: "message", data: "a" },
    ]);
  });

  it("are not there until their blank line is: what is cut off is dropped", async () => {
    expect(await text("data: a\n\ndata: b\n")).toEqual([{ event: "message", data: "a" }]);
  });

  it("may begin with a BOM", async () => {
    expect(await text("\uFEFFdata: a\n\n")).toEqual([{ event: "message", data: "a" }]);
  });

  it("are handed on as soon as they are whole, CRs alone as line ends included", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const events = serverSentEvents(readable);
    void writer.write(bytes("data: a\r\r"));
    expect(await events.next()).toMatchObject({ value: { data: "a" } });
    void writer.write(bytes("\ndata: b\n\n"));
    expect(await events.next()).toMatchObject({ value: { data: "b" } });
    await events.return();
  });

  it("are the same wherever the bytes are cut and whichever line ends are used", async () => {
    const stream =
      ': beat\nevent: summary.delta\ndata: {"text":"Geld 💶 ärgert"}\n\ndata: é\ndata: 文\n\n';
    const expected = await text(stream);
    expect(expected).toHaveLength(2);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.nat({ max: 120 }), { maxLength: 12 }),
        async (lineEnd, cuts) => {
          const all = bytes(stream.replaceAll("\n", lineEnd));
          const places = [0, ...cuts.toSorted((a, b) => a - b), all.length];
          const chunks = places.slice(1).map((end, index) => all.slice(places[index], end));
          expect(await read(chunks)).toEqual(expected);
        },
      ),
    );
  });

  it("cancel the stream when the reader leaves", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes("data: a\n\n")),
      cancel: () => void (cancelled = true),
    });
    for await (const each of serverSentEvents(endless)) {
      expect(each.data).toBe("a");
      break;
    }
    expect(cancelled).toBe(true);
  });
});
