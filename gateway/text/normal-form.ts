// The one form in which user text is measured, hashed and prompted.

/** Well-formed, NFC, trimmed: lone surrogates become U+FFFD. */
export function normalize(text: string): string {
  return text.toWellFormed().normalize("NFC").trim();
}

/** Whether a text has `min` to `max` code points; counts them only where its length leaves a doubt. */
export function isWithin(text: string, min: number, max: number): boolean {
  const { length } = text;
  if (length >= 2 * min && length <= max) return true;
  const count = codePoints(text);
  return count >= min && count <= max;
}

/** Length in Unicode code points, the unit of every limit of the API. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
