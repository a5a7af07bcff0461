// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of scenarios, not of TypeScript
import { describe, expect, it } from 'vitest';
import type { EventName } from '../../src/event/name.ts';
import { parse } from '../../src/event/parse.ts';
import { createRandom } from '../../src/replay/random.ts';
import { isScenario, readScenario } from '../../src/replay/scenario.ts';
import { buildScenario } from '../../src/replay/scenario-build.ts';
import { scenarioFrom, type Told } from '../../src/replay/scenario-from.ts';
import { readText, writeText } from '../../src/replay/scenario-text.ts';
import type { JsonObject } from '../../src/schema/keywords.ts';
import { NASTY } from '../support/harmless.ts';
import { SAMPLES } from '../support/samples.ts';

const samplesOf = (event: EventName) =>
  Object.fromEntries(SAMPLES.filter((sample) => sample.event === event).map(({ name, payload }) => [name, payload]));

/** What a scenario tells, after it has been written and read. */
const retold = (scenario: unknown): { payloads: JsonObject[]; delays: number[] } => {
  const text = readText(writeText(scenario));
  if ('problem' in text) throw new Error(text.problem);
  const read = readScenario(text.value);
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  const steps = buildScenario(read, { samplesOf, random: createRandom(1), at: 0, variables: {} });
  return { payloads: steps.map(({ payload }) => payload), delays: steps.map(({ delay }) => delay) };
};
const sample = (name: string): JsonObject => SAMPLES.find((one) => one.name === name)?.payload ?? {};
const told = (payload: JsonObject, time?: number): Told => ({ event: parse(JSON.stringify(payload)).name, payload, time });

describe('a scenario from deliveries', () => {
  it('tells all samples again, value for value', () => {
    const payloads = SAMPLES.map(({ payload }) => payload);
    const scenario = scenarioFrom(
      'all',
      payloads.map((payload, index) => told(payload, 1_000_000 + index * 10)),
    );
    expect(isScenario(scenario)).toBe(true);
    expect(retold(scenario).payloads).toEqual(payloads);
  });

  it('refers to ids that came before, and has the channel in one place', () => {
    const scenario = scenarioFrom('story', [
      told(sample('text received'), 1000),
      told(sample('reaction added to a message'), 2500),
      told(sample('message after an edit'), 2500),
      told(sample('contact typing'), 2900),
    ]);
    const [text, , edit] = scenario['steps'] as { id?: string; delay?: string; payload: { messages: JsonObject[] } }[];
    expect(scenario['variables']).toEqual({ channel: 'MANTIS-7QX2K' });
    expect(text?.id).toBe('text');
    expect(text?.payload.messages[0]).toMatchObject({ id: 'YhV8Lq1yxRuIH4PsBQDj5J-ZpWqNn2m96' });
    expect(edit?.payload).toMatchObject({
      channel_id: '${channel}',
      messages: [{ id: '${text.messages[0].id}', chat_id: '${text.messages[0].chat_id}', from: '${text.messages[0].from}' }],
    });
    expect((scenario['steps'] as JsonObject[]).map((step) => step['delay'])).toEqual([undefined, '1.5s', undefined, '400ms']);
    expect(retold(scenario).delays).toEqual([0, 1500, 0, 400]);
  });

  it('follows a changed id through the whole story', () => {
    const scenario = scenarioFrom('story', [told(sample('text received')), told(sample('message after an edit'))]);
    const changed = JSON.parse(JSON.stringify(scenario).replace('YhV8Lq1yxRuIH4PsBQDj5J-ZpWqNn2m96', 'Other0Message-Id0000')) as JsonObject;
    const [, edit] = retold(changed).payloads;
    expect(edit).toMatchObject({ messages: [{ id: 'Other0Message-Id0000' }] });
  });

  it('keeps a text that acts on terminals', () => {
    const text = NASTY;
    const payload = { ...sample('text received'), note: text, [`k${text}`]: [text, { __proto__: null, text }] };
    const plain = JSON.parse(JSON.stringify(payload)) as JsonObject;
    expect(retold(scenarioFrom(`n ${text}`, [told(plain), told(plain)])).payloads).toEqual([plain, plain]);
  });

  it.each([
    '${a}',
    '$${a}',
    '$$${text.messages[0].id}',
    '${',
    '$',
    '- a: b',
    '{a: 1}',
    'null',
    '~',
    '1e3',
    '0x1f',
    'yes',
    '',
    ' x ',
    'a\nb\n',
    '#c',
    '!t',
    '&a',
    '*a',
    '\ud800',
    '\u0000\u001b\u2028',
  ])('keeps the text %j, which means something elsewhere', (text) => {
    const payload = { ...sample('text received'), note: text };
    expect(retold(scenarioFrom('n', [told(payload), told(payload)])).payloads).toEqual([payload, payload]);
  });

  it('keeps numbers, members that reach into prototypes, and payloads of no event', () => {
    const odd = JSON.parse('{"a":[18446744073709552000,1e21,-0.5,1e-9,null,true],"__proto__":{"x":1},"constructor":2}') as JsonObject;
    expect(JSON.stringify(retold(scenarioFrom('n', [told(odd)])).payloads[0])).toBe(JSON.stringify(odd));
  });
});
