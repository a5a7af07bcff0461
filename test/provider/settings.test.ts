import { describe, expect, it } from 'vitest';
import { adding, asideWith, type Registration, readRegistration, registrationText, restoring } from '../../src/provider/registration.ts';
import {
  difference,
  entryText,
  merged,
  patchText,
  readList,
  readMember,
  readSettings,
  SettingsError,
  sameWebhooks,
  withEntry,
  without,
} from '../../src/provider/settings.ts';
import { memberText, SETTINGS, withMember } from '../support/gateway.ts';
import { randomNumbers } from '../support/random.ts';

const OURS = entryText({ url: 'https://ours.example/', mode: 'body', events: ['messages.post'], headers: [['X-S', 'secret']] });
const isOurs = ({ headers }: { headers: readonly (readonly [string, string])[] }): boolean =>
  headers.some(([, value]) => value === 'secret');

const registration = (more: Partial<Registration> = {}): Registration => ({
  id: 'abc',
  api: 'https://gate.example',
  channel: 'C',
  before: '[]',
  member: 'list',
  exclusive: false,
  step: 'added',
  url: 'https://ours.example/',
  mode: 'body',
  events: ['messages.post'],
  secretHash: 'h',
  urls: null,
  owner: { pid: 1, started: 's' },
  since: 1,
  ...more,
});

describe('settings as text', () => {
  it('keeps the list as it stands, and reads what a person wants to know of each entry', () => {
    const { member, list, webhooks } = readSettings(SETTINGS);
    expect(member).toBe('list');
    expect(list).toBe(memberText(SETTINGS, 'webhooks'));
    expect(webhooks.map(({ raw }) => list.includes(raw))).toEqual([true, true]);
    expect(webhooks[0]).toMatchObject({
      url: 'https://crm.example.com/hook',
      mode: 'body',
      events: ['messages.post'],
      headers: [['X-Key', 's3cr3t-é']],
    });
    expect(webhooks[0]?.raw).toContain('18446744073709552000, "x":1.0');
  });

  it.each([
    ['{}', 'missing', '[]'],
    ['{"webhooks":null}', 'null', '[]'],
    ['{"a":{"webhooks":[1]}}', 'missing', '[]'],
    ['{"webh\\u006foks" : [ ] }', 'list', '[ ]'],
  ])('%s: the list is %s', (text, member, list) => {
    expect(readSettings(text)).toMatchObject({ member, list });
  });

  it.each([
    ['{"webhooks":[],"webhooks":[]}', /twice/],
    ['{"webhooks":{}}', /not a list/],
    ['{"webhooks":"[]"}', /not a list/],
    ['[]', /not a JSON object/],
    ['null', /not a JSON object/],
    ['', /not JSON/],
    ['{"webhooks":[],}', /not JSON/],
    ['{/**/"webhooks":[]}', /not JSON/],
    [`{"a":${'['.repeat(300)}${']'.repeat(300)}}`, /nested more than 200/],
  ])('refuses %s', (text, message) => {
    expect(() => readSettings(text)).toThrow(SettingsError);
    expect(() => readSettings(text)).toThrow(message);
  });

  it('takes entries that are no webhooks, as long as it need not touch them', () => {
    const odd = readSettings('{"webhooks":[1, null,"x" ,[],{"url":3,"events":7,"headers":[]} ]}');
    expect(odd.webhooks.map(({ url }) => url)).toEqual(['', '', '', '', '']);
    expect(withEntry(odd, OURS)).toBe(`[1, null,"x" ,[],{"url":3,"events":7,"headers":[]},${OURS} ]`);
  });

  it('reads settings inside an answer, and nothing else', () => {
    expect(readMember(`{"before_update":${SETTINGS},"after_update":{}}`, 'before_update')?.list).toBe(memberText(SETTINGS, 'webhooks'));
    for (const text of ['{}', '{"before_update":null}', '{"before_update":[]}', 'x', '{"before_update":{"webhooks":1}}'])
      expect(readMember(text, 'before_update')).toBeUndefined();
  });
});

/** Any JSON, with white space anywhere and numbers written in any way. */
const randomJson = (below: (n: number) => number, depth: number): string => {
  const space = (): string => ['', '', ' ', '\n  ', '\t'][below(5)] ?? '';
  const kind = below(depth > 0 ? 7 : 5);
  if (kind === 0) return ['18446744073709552000', '1.0', '-0.0', '1e2', '1E+2', '0', '3.1400'][below(7)] ?? '0';
  if (kind === 1) return ['true', 'false', 'null'][below(3)] ?? 'null';
  if (kind < 5) return ['"a\\u00e9"', '"\\"]},"', '"\\\\"', '"é😀"', '"\\ud83d\\ude00"', '""', '"[{,"'][below(7)] ?? '""';
  const count = below(4);
  const parts = Array.from({ length: count }, (_, index) => {
    const value = `${space()}${randomJson(below, depth - 1)}${space()}`;
    return kind === 5 ? value : `${space()}"k${index}"${space()}:${value}`;
  });
  const inner = parts.length === 0 ? space() : parts.join(',');
  return kind === 5 ? `[${inner}]` : `{${inner}}`;
};

it('whatever the settings are, what is not ours goes back byte for byte', () => {
  const below = randomNumbers(20261130);
  for (let round = 0; round < 1000; round++) {
    const space = (): string => ['', ' ', '\n', '\t '][below(4)] ?? '';
    const count = below(4);
    const entries = Array.from({ length: count }, () => {
      const twin = below(3) === 0 ? '"url":"https://twin.example/",' : '';
      return `${space()}{${space()}${twin}"x":${randomJson(below, 3)}}${space()}`;
    });
    const list = `[${count === 0 ? space() : entries.join(',')}]`;
    const text = `{"before":${randomJson(below, 2)},"webhooks":${space()}${list}${space()},"after":${randomJson(below, 2)}}`;
    const settings = readSettings(text);
    expect(settings.list).toBe(list);

    const added = adding(settings, OURS, 'https://ours.example/', isOurs, false) ?? '';
    const then = withMember(text, 'webhooks', memberText(patchText(added), 'webhooks') ?? '');
    const now = readSettings(then);
    expect(now.webhooks).toHaveLength(count + 1);
    expect(adding(now, OURS, 'https://ours.example/', isOurs, false)).toBeUndefined();
    expect(withMember(then, 'webhooks', restoring(now, registration({ before: list }), isOurs) ?? '')).toBe(text);

    const alone = readList(adding(settings, OURS, 'https://ours.example/', isOurs, true) ?? '');
    expect(alone.webhooks.map(({ raw }) => raw)).toEqual([OURS]);
    expect(restoring(alone, registration({ before: list, exclusive: true }), isOurs)).toBe(list);
  }
});

describe('with changes of others meanwhile', () => {
  const A = '{"url":"a", "n":1.0}';
  const B = '{"url":"b"}';
  const C = '{"url":"c"}';

  it.each([
    ['nothing changed', `[${A} , ${B},${OURS}]`, `[${A} , ${B}]`],
    ['one was added behind ours', `[${A},${OURS} ,${C}]`, `[${A} ,${C}]`],
    ['all others were taken out', `[ ${OURS} ]`, '[  ]'],
    ['ours is the first now', `[ ${OURS} , ${A} ]`, `[ ${A} ]`],
    ['ours is there twice', `[${OURS},${A},${OURS}]`, `[${A}]`],
    ['ours was taken out', `[${A}]`, undefined],
  ])('%s', (_name, now, back) => {
    expect(restoring(readList(now), registration({ before: `[${A} , ${B}]` }), isOurs)).toBe(back);
  });

  it.each([
    ['nothing changed', 'added', `[${OURS}]`, `[${A} , ${B}]`],
    ['one was added', 'added', `[${OURS},${C}]`, `[${A} , ${B},${C}]`],
    ['one was brought back by hand', 'added', `[${OURS}, ${B}]`, `[${A} , ${B}]`],
    ['ours was taken out by hand: the others come back all the same', 'added', '[]', `[${A} , ${B}]`],
    ['it was never written', 'adding', `[${A} , ${B}]`, undefined],
    ['it was written just before the end', 'adding', `[${OURS}]`, `[${A} , ${B}]`],
    ['it has been given back already, and somebody took one out since', 'restoring', `[${A}]`, undefined],
    ['it was about to be given back', 'restoring', `[${OURS}]`, `[${A} , ${B}]`],
  ] as const)('exclusive: %s', (_name, step, now, back) => {
    expect(restoring(readList(now), registration({ before: `[${A} , ${B}]`, exclusive: true, step }), isOurs)).toBe(back);
  });

  it('a new url takes the place of the old one', () => {
    const moved = OURS.replace('ours.example', 'moved.example');
    expect(adding(readList(`[${A}, ${OURS} ,${B}]`), moved, 'https://moved.example/', isOurs, false)).toBe(`[${A}, ${moved} ,${B}]`);
    expect(adding(readList(`[${OURS},${A},${OURS}]`), moved, 'https://moved.example/', isOurs, false)).toBe(`[${A},${moved}]`);
  });

  it('what is found beside ours is set aside too, each once', () => {
    expect(asideWith(`[${A}]`, readList(`[${A},${OURS},${C},${C}]`), isOurs)).toBe(`[${A},${C},${C}]`);
    expect(merged(readList('[ ]'), readList(`[${A}]`))).toBe(`[${A} ]`);
  });

  it('two lists are compared by what they say, not by how it is written', () => {
    expect(sameWebhooks(readList(`[ ${A} ]`), readList('[{"url":"a","n":1}]'))).toBe(true);
    expect(sameWebhooks(readList(`[${A},${B}]`), readList(`[${B},${A}]`))).toBe(false);
    const { added, removed } = difference(readList(`[${A},${A},${B}]`), readList(`[${A},${C}]`));
    expect([added.map(({ url }) => url), removed.map(({ url }) => url)]).toEqual([['c'], ['a', 'b']]);
  });

  it('of equal entries one alone is taken out', () => {
    expect(without(readList(`[${B}, ${B},${B}]`), (_webhook, index) => index === 1)).toBe(`[${B},${B}]`);
  });
});

describe('a file of the journal', () => {
  it('comes back as it was written', () => {
    const one = registration({ before: '[ {"n":1.0} ]', exclusive: true, urls: ['x'] });
    expect(readRegistration(registrationText(one))).toEqual(one);
  });

  it.each([
    '',
    'x',
    '[]',
    '{}',
    '{"v":1}',
    '{"v":0}',
    ...[
      'id',
      'api',
      'before',
      'step',
      'owner',
      'secretHash',
      'events',
      'since',
      'exclusive',
      'channel',
      'member',
      'url',
      'mode',
      'urls',
    ].map((name) => registrationText({ ...registration(), [name]: { pid: 'x' } } as unknown as Registration)),
    registrationText(registration({ id: '../../x' })),
    registrationText(registration({ before: '[' })),
    registrationText(registration({ before: '],"a":[' })),
  ])('is damaged: %s', (text) => {
    expect(readRegistration(text)).toBeUndefined();
  });

  it('of a later version is left alone', () => {
    expect(readRegistration('{"v":2,"anything":1}')).toBe('later');
  });
});
