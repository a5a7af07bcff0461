import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../src/event/name.ts';
import { expectHarmless, NASTY } from '../support/harmless.ts';
import { run } from '../support/runtime.ts';

const compilers = {
  '2020-12': (): Ajv2020 => new Ajv2020({ strict: false, allErrors: true }),
  '07': (): Ajv => new Ajv({ strict: false, allErrors: true }),
} as const;

describe('schema', () => {
  for (const draft of ['2020-12', '07'] as const) {
    it.each(EVENT_NAMES)(`%s in draft ${draft}: complete in itself, takes our samples and refuses another payload`, async (name) => {
      const { code, stdout, stderr } = await run(['schema', name, '--draft', draft]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const schema = JSON.parse(stdout) as { $schema: string };
      expect(schema.$schema).toContain(draft === '07' ? 'draft-07' : '2020-12');
      const references = [...stdout.matchAll(/"\$ref": "([^"]+)"/g)].map(([, target]) => target);
      expect(references.every((target) => target?.startsWith('#'))).toBe(true);
      const check = compilers[draft]().compile(schema);
      const shown = await run(['samples', 'show', name]);
      // What service events hold is not known; two of the four have no sample.
      const document = (shown.code === 0 ? JSON.parse(shown.stdout) : {}) as Record<string, unknown>;
      const payloads = 'event' in document ? [document] : Object.values(document);
      expect(payloads.length > 0).toBe(!['service.put', 'service.delete'].includes(name));
      for (const payload of payloads) expect([payload, check(payload), check.errors]).toEqual([payload, true, null]);
      expect(check('no payload')).toBe(false);
    });
  }

  it('2020-12 is what you get without asking', async () => {
    const { stdout } = await run(['schema', 'groups.put']);
    expect(stdout).toBe((await run(['schema', 'groups.put', '--draft', '2020-12'])).stdout);
    expect(stdout).toBe((await run(['schema', 'groups.put'], { env: { WHAPI_HOOKS_DRAFT: '2020-12' } })).stdout);
    expect(stdout).not.toBe((await run(['schema', 'groups.put'], { env: { WHAPI_HOOKS_DRAFT: '07' } })).stdout);
  });

  it.each([
    [['groups.pt'], /"groups\.pt" is no event[\s\S]*Did you mean groups\.put\?/],
    [['groups'], /"groups" is no event/],
    [['zzzzzzzzzzzzzz'], /Events: /],
    [['toString'], /is no event/],
    [[], /missing required argument/],
    [['groups.put', 'more'], /too many arguments/],
    [['groups.put', '--draft', '2020'], /It is one of 2020-12, 07/],
    [['groups.put', '--drafts', '07'], /Did you mean --draft\?/],
  ])('%j is a usage error', async (argv, says) => {
    const { code, stdout, stderr } = await run(['schema', ...argv]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
  });

  it('repeats a strange name harmlessly', async () => {
    const { code, stderr } = await run(['schema', NASTY]);
    expect(code).toBe(2);
    expectHarmless(stderr);
  });
});
