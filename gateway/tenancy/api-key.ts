// What an API key looks like: tr_<live|test>_<id>_<secret>_<checksum>.

/** `test` keys are made for local state, `live` ones for a deployed environment; both work alike. */
export type KeyWord = "live" | "test";

export interface ApiKey {
  /** Names the key and is no secret: 8 letters and digits. */
  readonly id: string;
  /** All of it, as it is sent. */
  readonly text: string;
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 8;
/** 43 of 62 signs: 256 bits of chance, so that a plain digest is enough to store. */
const secretLength = 43;
const shape = /^(tr_(?:live|test)_([0-9A-Za-z]{8})_[0-9A-Za-z]{43})_([0-9a-f]{8})$/;

/** A new key from the runtime's own random source. */
export function mintKey(word: KeyWord): ApiKey {
  const id = randomText(idLength);
  return withChecksum(id, `tr_${word}_${id}_${randomText(secretLength)}`);
}

/** The key in a text; null where the shape or the checksum is wrong: no store need be asked then. */
export function parseKey(text: string): ApiKey | null {
  const [, body = "", id = "", checksum] = shape.exec(text) ?? [];
  return checksum !== undefined && checksum === checksumOf(body) ? { id, text } : null;
}

/** SHA-256 of the whole key: what is stored of it, 32 bytes. */
export async function digestOf(key: ApiKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key.text)));
}

function withChecksum(id: string, body: string): ApiKey {
  return { id, text: `${body}_${checksumOf(body)}` };
}

/** CRC-32 (ISO 3309), 8 hexadecimal digits: tells a mistyped or cut key, and proves nothing. */
export function checksumOf(text: string): string {
  let crc = 0xff_ff_ff_ff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xed_b8_83_20 : 0);
  }
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(2 * length))) {
      // Above the last multiple of 62 the first signs would come more often than the others.
      if (byte < 248 && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}
