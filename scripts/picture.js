// A coloured transcript → docs/listen.svg, the picture in the README.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './schemas.js';

/** Colours on the dark ground of the picture; the keys are the codes of SGR (ECMA-48 section 8.3.117). */
const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 33: '#f2cc60', 34: '#79c0ff', 35: '#d2a8ff', 36: '#76e3ea' };
const [CHAR, LINE, MARGIN] = [8.4, 19, 16];

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** @returns {string} an SVG of a terminal that shows the lines */
export const picture = (transcript) => {
  const lines = transcript.trimEnd().split('\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins each code
  const codes = /\u001b\[(\d+)m/;
  const rows = lines.map((line, index) => {
    let style = '';
    const parts = line.split(codes).map((part, place) => {
      if (place % 2 === 0) return part === '' ? '' : `<tspan${style}>${escapeXml(part)}</tspan>`;
      if (part === '1') style = ' font-weight="bold"';
      else if (part === '2') style = ' fill="#8b949e"';
      else style = COLOURS[part] === undefined ? '' : ` fill="${COLOURS[part]}"`;
      return '';
    });
    return `<text x="${MARGIN}" y="${MARGIN + 34 + index * LINE}" xml:space="preserve">${parts.join('')}</text>`;
  });
  const columns = Math.max(
    ...lines.map(
      (line) =>
        line
          .split(codes)
          .filter((_, place) => place % 2 === 0)
          .join('').length,
    ),
  );
  const width = Math.ceil(columns * CHAR + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN + 30;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="whapi-hooks listen shows events as they come in">
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="20" r="6" fill="#ff5f57"/><circle cx="40" cy="20" r="6" fill="#febc2e"/><circle cx="60" cy="20" r="6" fill="#28c840"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">
${rows.join('\n')}
</g>
</svg>
`;
};

if (process.argv[1]?.endsWith('picture.js')) {
  mkdirSync(join(root, 'docs'), { recursive: true });
  writeFileSync(join(root, 'docs', 'listen.svg'), picture(readFileSync(join(root, 'test', 'transcripts', 'picture.txt'), 'utf8')));
}
