import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDelivery } from '../../src/delivery/reading.ts';
import { bodyLines, entry, outcomeLines } from '../../src/view/entry.ts';
import { plain } from '../../src/view/paint.ts';
import { packageRoot } from '../support/runtime.ts';

const signs = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Columns of a text by the rules of Unicode, counted here once more: wide signs take two, marks and joiners none. */
const columnsOf = (text: string): number =>
  [...signs.segment(text)].reduce((columns, { segment }) => {
    if (/^\p{Mark}+$/u.test(segment)) return columns;
    return (
      columns +
      (/\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u.test(segment)
        ? 2
        : 1)
    );
  }, 0);

const bodies = readdirSync(join(packageRoot, 'samples'))
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => Object.values(JSON.parse(readFileSync(join(packageRoot, 'samples', file), 'utf8')) as Record<string, unknown>))
  .map((payload) => new TextEncoder().encode(JSON.stringify(payload)));
const odd = [
  '',
  '[',
  '{"a":1}',
  JSON.stringify({ messages: [{ id: 7, type: 'ﷺ'.repeat(50), text: '日本語'.repeat(90) }], event: { type: 'messages', event: 'post' } }),
];

describe.each([76, 79, 80, 99, 100, 120, 139, 140, 160, 240])('at %i columns', (columns) => {
  const layout = { paint: plain, columns, offset: () => 0 };
  it.each(['pretty', 'compact'] as const)('no line of an entry is wider, in style %s', (style) => {
    for (const body of [...bodies, ...odd.map((text) => new TextEncoder().encode(text))]) {
      const reading = readDelivery({ method: 'POST', body }, []);
      const delivery = { id: 'k3f9x2ab', time: 0, method: 'POST', url: '/', headers: [], body };
      const lines = entry(delivery, reading, layout, style);
      if (reading.text !== undefined) lines.push(...bodyLines(reading.text, layout));
      if (style === 'compact') expect(lines[0]).toContain('k3f9x2ab');
      for (const line of lines.slice(0, style === 'compact' ? 1 : undefined)) expect(columnsOf(line), line).toBeLessThanOrEqual(columns);
    }
  });

  it('no line of an outcome is wider', () => {
    const base = { delivery: 'k3f9x2ab', endpoint: `http://localhost:3000/${'long/'.repeat(60)}`, ms: 12 };
    const answer = { bytes: new TextEncoder().encode('“”→ '.repeat(500)), cut: true };
    const outcomes = [
      { ...base, kind: 'failed', error: 'connection refused (127.0.0.1:3000, [::1]:3000)', cause: 'unreachable' },
      { ...base, kind: 'answered', status: 500, answer },
    ] as const;
    for (const outcome of outcomes) {
      for (const line of [
        ...outcomeLines(outcome, 'messages.post', layout, 0, 'pretty'),
        ...outcomeLines(outcome, 'messages.post', layout, 0, 'compact'),
      ])
        expect(columnsOf(line), line).toBeLessThanOrEqual(columns);
    }
  });
});
