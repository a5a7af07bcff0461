import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/delivery/document.ts';
import { RULES, type Rule } from '../../src/event/finding.ts';
import { parse } from '../../src/event/parse.ts';
import { EXPLANATIONS, type Example, explained } from '../../src/report/explain.ts';

const NAMES = Object.keys(RULES) as Rule[];

/** The rules that an example breaks, read as what it says it is: a file, a request, a body. */
const rulesOf = ({ text, request, file, encoding }: Example): Rule[] => {
  const bytes = new Uint8Array(Buffer.from(text, encoding ?? 'utf8'));
  if (file === undefined) return parse(bytes, request).findings.map(({ rule }) => rule);
  const { entries, problems } = readDocument(file, bytes);
  const ofEntries = entries.flatMap(({ body, recorded }) => parse(body, recorded?.delivery).findings);
  return [...problems.map(({ finding }) => finding), ...ofEntries].map(({ rule }) => rule);
};

describe('explanations', () => {
  it('there is one for every rule, and none for another', () => {
    expect(Object.keys(EXPLANATIONS).sort()).toEqual([...NAMES].sort());
  });

  it.each(NAMES)('%s: the wrong example breaks it, the right one breaks nothing', (rule) => {
    const { wrong, right } = EXPLANATIONS[rule];
    expect(rulesOf(wrong)).toContain(rule);
    expect(rulesOf(right)).toEqual([]);
  });

  // A wrong example that breaks other rules as well would teach the wrong thing.
  it.each(NAMES.filter((rule) => rule !== 'more-findings'))('%s: the wrong example breaks nothing else', (rule) => {
    expect(new Set(rulesOf(EXPLANATIONS[rule].wrong))).toEqual(new Set([rule]));
  });

  it.each(NAMES)('%s: what is shown fits a terminal and says enough', (rule) => {
    const { why, wrong, right, source } = explained(rule);
    expect(why.length).toBeGreaterThan(40);
    expect(why.split(/(?<=[.!?]) (?=[A-Z])/).length).toBeLessThanOrEqual(3);
    expect(source).toMatch(/\.$/);
    for (const example of [wrong, right]) {
      expect(example).not.toBe('');
      expect(example.split('\n').length).toBeLessThanOrEqual(16);
    }
  });

  it('no source names a document that nobody outside can read', () => {
    for (const rule of NAMES) {
      expect(JSON.stringify(explained(rule))).not.toMatch(/CONTRACT|SEVERITY|FIELD\.md|section \d+\.\d+ of our/);
    }
  });
});
