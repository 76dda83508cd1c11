// Texts of users inside of markup: HTML and Pango's.

/** Safe between tags, not inside of them. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
