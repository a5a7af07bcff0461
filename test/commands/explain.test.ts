import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/event/finding.ts';
import { EXPLANATIONS } from '../../src/report/explain.ts';
import { width } from '../../src/view/text.ts';
import { run } from '../support/runtime.ts';

describe('explain', () => {
  it('tells what a rule means, why, with an example and its source', async () => {
    const { code, stdout, stderr } = await run(['explain', 'unknown-word'], { columns: 80 });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`unknown-word  warning
A word that is not in the list for this member. Lists grow.

A switch over the known words falls through. Lists grow between releases, so it
is a warning; a near word is mostly a slip of the hand.

Wrong:
  {
    "presences": [{ "contact_id": "99900011122", "status": "typng" }],
    "event": { "type": "presences", "event": "post" },
    "channel_id": "ABCDEF-A1B2C"
  }
Right:
  {
    "presences": [{ "contact_id": "99900011122", "status": "typing" }],
    "event": { "type": "presences", "event": "post" },
    "channel_id": "ABCDEF-A1B2C"
  }

Source: Whapi’s official OpenAPI document, corrected by examples on its help
pages and by captured traffic.
Leave it out: whapi-hooks validate --ignore unknown-word, or "ignore": ["unknown-word"] in whapi-hooks.config.json
`);
  });

  it('says which request or file an example belongs to', async () => {
    expect((await run(['explain', 'event-mismatch'])).stdout).toContain('Wrong (POST /chats/delete):\n');
    expect((await run(['explain', 'not-record'])).stdout).toContain('Wrong (recording.jsonl):\n');
  });

  it.each(Object.keys(RULES))('%s is explained', async (rule) => {
    const { code, stdout } = await run(['explain', rule]);
    expect(code).toBe(0);
    for (const part of [RULES[rule as keyof typeof RULES].means, 'Wrong', 'Right', 'Source: ', `--ignore ${rule}`]) {
      expect(stdout.replace(/\s+/g, ' ')).toContain(part);
    }
  });

  it('without a rule lists them all, with severity and meaning', async () => {
    const { code, stdout } = await run(['explain']);
    expect(code).toBe(0);
    const lines = stdout.split('\n').slice(0, -1);
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual(
      Object.entries(RULES).map(([rule, { severity, means }]) => [rule, severity, means]),
    );
    expect(Math.max(...lines.map(width))).toBeLessThan(140);
  });

  it('an unknown rule is told with the nearest', async () => {
    const { code, stdout, stderr } = await run(['explain', 'unknown-wrod']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe('error: "unknown-wrod" is no rule. Did you mean unknown-word?\n       whapi-hooks explain lists the rules.\n');
  });

  it.each(['__proto__', 'constructor', 'toString', '', '\u001b[31m'])('%j is no rule', async (name) => {
    const { code, stderr } = await run(['explain', name]);
    expect(code).toBe(2);
    expect(stderr).toContain('is no rule.');
    expect(stderr).not.toContain('\u001b');
  });

  it('--json gives the same as data, of one rule or of all', async () => {
    const one: unknown = JSON.parse((await run(['explain', 'odd-time', '--json'])).stdout);
    expect(one).toEqual({
      rule: 'odd-time',
      ...RULES['odd-time'],
      why: EXPLANATIONS['odd-time'].why,
      wrong: EXPLANATIONS['odd-time'].wrong.text,
      right: EXPLANATIONS['odd-time'].right.text,
      source: EXPLANATIONS['odd-time'].source,
      silence: '--ignore odd-time',
    });
    const all = JSON.parse((await run(['explain', '--json'])).stdout) as unknown[];
    expect(all).toHaveLength(Object.keys(RULES).length);
    expect(all).toContainEqual(one);
  });

  it.each([
    [['explain', 'odd-time', 'odd-id'], 'too many arguments'],
    [['explain', '--jsn'], 'unknown option'],
    [['explain', '--color', 'sometimes'], '--color'],
  ])('%j is called wrongly', async (argv, told) => {
    const { code, stderr } = await run(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(told);
  });

  it('colour only where it is wanted', async () => {
    expect((await run(['--color', 'always', 'explain', 'odd-time'])).stdout).toContain('\u001b[33mwarning\u001b[39m');
    expect((await run(['explain', 'odd-time'])).stdout).not.toContain('\u001b');
  });
});
