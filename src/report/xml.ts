/** Text in XML 1.0: what the document may not hold is gone (clean() has dealt with control characters). */
export const xml = (text: string): string =>
  text
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
