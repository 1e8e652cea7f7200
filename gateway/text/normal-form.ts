// The one form in which user text is measured, hashed and prompted.

/** Well-formed, NFC, trimmed: lone surrogates become U+FFFD. */
export function normalize(text: string): string {
  return text.toWellFormed().normalize("NFC").trim();
}

/** Length in Unicode code points, the unit of every limit of the API. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
