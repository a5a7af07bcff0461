// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of scenarios, not of TypeScript
import { describe, expect, it } from 'vitest';
import type { EventName } from '../../src/event/name.ts';
import { parse } from '../../src/event/parse.ts';
import { openScenario } from '../../src/io/scenarios.ts';
import { createRandom } from '../../src/replay/random.ts';
import { type BuiltStep, buildScenario } from '../../src/replay/scenario-build.ts';
import type { JsonObject } from '../../src/schema/keywords.ts';
import { temporaryFolder } from '../support/folder.ts';
import { SAMPLES } from '../support/samples.ts';

const samplesOf = (event: EventName) =>
  Object.fromEntries(SAMPLES.filter((sample) => sample.event === event).map(({ name, payload }) => [name, payload]));
const AT = Date.UTC(2031, 4, 6, 7, 8, 9);

/** Opens and builds a scenario; what is wrong with it is told as a person is told it. */
const tell = async (text: string, variables: JsonObject = {}, file = 's.yaml', seed = 1): Promise<BuiltStep[] | string> => {
  const folder = temporaryFolder({ [file]: text });
  const opened = await openScenario({ file, path: `${folder}/${file}`, shipped: false });
  if ('problems' in opened) return opened.problems.join('\n');
  try {
    return opened.placed(() => buildScenario(opened.scenario, { samplesOf, random: createRandom(seed), at: AT, variables }));
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error && error.exitCode === 2) return error.message;
    throw error;
  }
};
const built = async (...args: Parameters<typeof tell>): Promise<BuiltStep[]> => {
  const steps = await tell(...args);
  if (typeof steps === 'string') throw new Error(steps);
  return steps;
};
const messageOf = ({ payload }: BuiltStep): JsonObject => (payload['messages'] as JsonObject[])[0] ?? {};

const HEAD = 'name: x\nsteps:\n';

describe('what is wrong with a scenario is told with its place', () => {
  it.each([
    ['not YAML', 'name: [x', /^s\.yaml:1:9 {2}it is neither JSON nor YAML: Flow sequence in block collection/],
    ['a key twice', 'name: x\nname: y', /^s\.yaml:2:1 {2}it is neither JSON nor YAML: Map keys must be unique\.$/],
    ['no map', '- a', /^s\.yaml:1:1 {2}a scenario is a map with a name and steps, not a list\.$/],
    ['empty', '', /^s\.yaml:1:1 {2}a scenario is a map with a name and steps, not null\.$/],
    [
      'a foreign member',
      'nam: x\nsteps: [{ event: groups.put }]',
      /^s\.yaml:1:1 {2}a scenario has no nam; did you mean name\?\ns\.yaml:1:1 {2}a scenario needs a name\.$/,
    ],
    ['no steps', 'name: x', /^s\.yaml:1:1 {2}a scenario needs a list of steps\.$/],
    ['empty steps', 'name: x\nsteps: []', /^s\.yaml:2:8 {2}a scenario needs a list of steps\.$/],
    ['a step that is no map', `${HEAD}  - groups.put`, /^s\.yaml:3:5 {2}a step is a map with an event, not a string\.$/],
    ['a step without an event', `${HEAD}  - delay: 1s`, /^s\.yaml:3:5 {2}a step needs an event, such as messages\.post\.$/],
    ['an unknown event', `${HEAD}  - event: groups.pt`, /^s\.yaml:3:12 {2}"groups\.pt" is no event; did you mean groups\.put\?$/],
    [
      'a foreign member of a step',
      `${HEAD}  - event: groups.put\n    smaple: x`,
      /^s\.yaml:4:5 {2}a step has no smaple; did you mean sample\?$/,
    ],
    [
      'an unknown sample',
      `${HEAD}  - event: groups.put\n    sample: participant aded`,
      /^s\.yaml:4:13 {2}groups\.put has no sample "participant aded"; did you mean participant added\?$/,
    ],
    [
      'an unknown type',
      `${HEAD}  - event: messages.post\n    type: imag`,
      /^s\.yaml:4:11 {2}messages\.post has no type "imag"; did you mean image\?$/,
    ],
    [
      'sample and type',
      `${HEAD}  - event: groups.put\n    sample: x\n    type: add`,
      /^s\.yaml:5:5 {2}a step has a sample or a type, not both\.$/,
    ],
    ['sample and payload', `${HEAD}  - payload: {}\n    sample: x`, /^s\.yaml:4:5 {2}beside a payload there is no sample\.$/],
    [
      'a delay without a unit',
      `${HEAD}  - event: groups.put\n    delay: 5`,
      /^s\.yaml:4:12 {2}a delay is written 500ms, 2s, 1m or 1h, up to 24h\.$/,
    ],
    ['a delay too long', `${HEAD}  - event: groups.put\n    delay: 25h`, /^s\.yaml:4:12 {2}a delay is written/],
    ['a set that is a list', `${HEAD}  - event: groups.put\n    set: [a]`, /^s\.yaml:4:10 {2}set is a list, not a map\.$/],
    [
      'a path that leads nowhere',
      `${HEAD}  - event: messages.post\n    set:\n      messages[0].txt.body: a`,
      /^s\.yaml:5:7 {2}messages\[0\] has no member txt; did you mean text\?$/,
    ],
    [
      'a path into the prototype',
      `${HEAD}  - event: messages.post\n    set: { __proto__.a: 1 }`,
      /^s\.yaml:4:12 {2}__proto__\.a leads to __proto__, which no payload may have\.$/,
    ],
    ['an unset that is not there', `${HEAD}  - event: messages.post\n    unset: [messages[0].image]`, /^s\.yaml/],
    [
      'an unset of nothing',
      `${HEAD}  - event: messages.post\n    unset: ["messages[0].image"]`,
      /^s\.yaml:4:13 {2}messages\[0\] has no member image/,
    ],
    [
      'an unknown reference',
      `${HEAD}  - id: photo\n    event: messages.post\n  - event: messages.post\n    set:\n      messages[0].id: \${phto.messages[0].id}`,
      /^s\.yaml:7:23 {2}\$\{phto\.messages\[0\]\.id\}: there is no variable and no step before this one called phto; did you mean photo\?$/,
    ],
    [
      'a reference into nothing',
      `${HEAD}  - id: photo\n    event: messages.post\n  - event: messages.post\n    set: { "messages[0].id": "\${photo.messages[1].id}" }`,
      /^s\.yaml:6:30 {2}\$\{photo\.messages\[1\]\.id\}: in photo, messages has 1 item, none at \[1\]\.$/,
    ],
    [
      'a reference to a later step',
      `${HEAD}  - event: messages.post\n    set: { "messages[0].id": "\${late.messages[0].id}" }\n  - id: late\n    event: messages.post`,
      /step late comes later; a step refers to those before it\.$/,
    ],
    [
      'a reference to itself',
      `${HEAD}  - id: me\n    event: messages.post\n    set: { "messages[0].id": "\${me.messages[0].id}" }`,
      /step me comes later/,
    ],
    [
      'an object inside a text',
      `${HEAD}  - id: photo\n    event: messages.post\n  - event: messages.post\n    set: { "messages[0].text.body": "see \${photo.messages[0]}" }`,
      /is an object, which cannot stand inside a text\.$/,
    ],
    [
      'a reference that cannot be read',
      `${HEAD}  - event: messages.post\n    set: { "messages[0].id": "\${a..b}" }`,
      /a\.\.b cannot be read at character 3/,
    ],
    [
      'a step twice',
      `${HEAD}  - id: a\n    event: groups.put\n  - id: a\n    event: groups.put`,
      /^s\.yaml:5:9 {2}there is a step or a variable a already\.$/,
    ],
    [
      'a variable and a step of one name',
      `name: x\nvariables: { a: 1 }\nsteps:\n  - id: a\n    event: groups.put`,
      /there is a step or a variable a already/,
    ],
    [
      'a name that is none',
      `${HEAD}  - id: 1st\n    event: groups.put`,
      /^s\.yaml:3:9 {2}"1st" is no name: letters, digits, _ and -, a letter first\.$/,
    ],
    [
      'a name that is taken',
      `name: x\nvariables: { turn: 1 }\nsteps: [{ event: groups.put }]`,
      /^s\.yaml:2:14 {2}turn is the number of the time/,
    ],
    [
      'an expectation that cannot be read',
      `${HEAD}  - event: groups.put\n    expect: [status=200, "stats=1"]`,
      /^s\.yaml:4:26 {2}"stats=1" cannot be read at column 1: there is no stats; did you mean status\?$/,
    ],
    [
      'a repeat that is none',
      `${HEAD}  - event: groups.put\n    repeat: -1`,
      /^s\.yaml:4:13 {2}repeat is a whole number up to 10000 or a list of maps of variables\.$/,
    ],
    [
      'a repeat that a variable makes none',
      `name: x\nvariables: { n: many }\nsteps:\n  - event: groups.put\n    repeat: \${n}`,
      /^s\.yaml:5:13 {2}repeat is a whole number/,
    ],
  ])('%s', async (_what, text, says) => {
    expect(await tell(text)).toMatch(says);
  });

  it('all of it at once', async () => {
    expect(await tell('name: 1\nsteps:\n  - event: a.b\n  - delay: 1\n')).toBe(
      [
        's.yaml:1:7  name is a number, not a text.',
        's.yaml:3:12  "a.b" is no event.',
        's.yaml:4:5  a step needs an event, such as messages.post.',
        's.yaml:4:12  a delay is written 500ms, 2s, 1m or 1h, up to 24h.',
      ].join('\n'),
    );
  });

  it('in JSON too', async () => {
    expect(await tell('{\n\t"name": "x",\n\t"steps": [\n\t\t{ "event": "groups.pt" }\n\t]\n}', {}, 's.json')).toMatch(
      /^s\.json:4:14 {2}"groups\.pt" is no event/,
    );
  });

  it.each([
    [
      'aliases that grow',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nname: [*c,*c,*c,*c]`,
    ],
    ['lists in lists', '['.repeat(50_000)],
    ['maps in maps', `name: x\nsteps: ${'{a: '.repeat(20_000)}`],
    ['two documents', 'name: x\n---\nname: y'],
    ['a foreign tag', 'name: !!js/function "x"\nsteps: []'],
  ])('%s end in a sentence', async (_what, text) => {
    expect(await tell(text)).toMatch(/^s\.yaml:\d+:\d+ {2}/);
  });
});

describe('a step', () => {
  it('is made of a sample, with new ids, at its time, and valid', async () => {
    const [first, second] = await built(`${HEAD}  - event: messages.post\n    type: image\n  - event: messages.post\n    delay: 90s`);
    if (first === undefined || second === undefined) throw new Error('no steps');
    expect(messageOf(first)).toMatchObject({ type: 'image', timestamp: AT / 1000 });
    expect(messageOf(second)).toMatchObject({ type: 'text', timestamp: AT / 1000 + 90 });
    expect(second.delay).toBe(90_000);
    for (const { payload } of [first, second]) expect(parse(JSON.stringify(payload)).findings).toEqual([]);
  });

  it('speaks of the same people as the others, of messages of its own', async () => {
    const steps = await built(
      `${HEAD}  - event: messages.post\n  - event: messages.post\n  - event: statuses.post\n    sample: message sent`,
    );
    const [one, two, status] = steps.map(({ payload }) => payload);
    const [a, b] = steps.slice(0, 2).map(messageOf);
    expect(a?.['chat_id']).toBe(b?.['chat_id']);
    expect(a?.['id']).not.toBe(b?.['id']);
    expect(status).toMatchObject({ statuses: [{ recipient_id: a?.['chat_id'] }] });
    expect([one?.['channel_id'], two?.['channel_id']]).toEqual(['MANTIS-7QX2K', 'MANTIS-7QX2K']);
  });

  it('is the same for the same seed and time', async () => {
    const text = `${HEAD}  - event: messages.post\n    repeat: 3`;
    expect(await built(text, {}, 's.yaml', 7)).toEqual(await built(text, {}, 's.yaml', 7));
    expect(await built(text, {}, 's.yaml', 7)).not.toEqual(await built(text, {}, 's.yaml', 8));
  });

  it('sets values of any kind, takes others away, in the order they stand', async () => {
    const [step] = await built(
      `${HEAD}  - event: messages.post\n    set: { "messages[0].text.body": "12", "messages[0].context": { forwarded: true }, "messages[0].context.forwarding_score": 2 }\n    unset: messages[0].from_name`,
    );
    expect(step === undefined ? {} : messageOf(step)).toMatchObject({
      text: { body: '12' },
      context: { forwarded: true, forwarding_score: 2 },
    });
    expect(step === undefined ? ['from_name'] : Object.keys(messageOf(step))).not.toContain('from_name');
  });

  it('sends a payload as it stands there, with references filled in and the event named', async () => {
    const [, step] = await built(
      `${HEAD}  - id: a\n    event: messages.post\n  - event: messages.delete\n    payload: { messages_removed: ["\${a.messages[0].id}"], channel_id: "$\${a}" }`,
    );
    expect(step?.payload).toEqual({
      messages_removed: [expect.stringMatching(/^[\w.]+-[\w.]+$/)],
      channel_id: '${a}',
      event: { type: 'messages', event: 'delete' },
    });
  });

  it('is repeated with variables of each time, and its number', async () => {
    const steps = await built(
      `name: x\nvariables: { greeting: Hello }\nsteps:\n  - id: hi\n    event: messages.post\n    repeat: [{ who: Zoë }, { who: "\${greeting}!" }]\n    set: { "messages[0].text.body": "\${greeting} \${who} \${turn}" }\n  - event: messages.post\n    set: { "messages[0].text.body": "\${hi.messages[0].text.body}" }`,
    );
    expect(steps.map(({ name }) => name)).toEqual(['1 hi 1', '1 hi 2', '2']);
    expect(steps.map((step) => (messageOf(step)['text'] as JsonObject)['body'])).toEqual([
      'Hello Zoë 1',
      'Hello Hello! 2',
      'Hello Hello! 2',
    ]);
  });

  it('is repeated as often as a variable says, none at all too', async () => {
    const text = 'name: x\nvariables: { n: 2 }\nsteps:\n  - event: messages.post\n    repeat: ${n}';
    expect(await built(text)).toHaveLength(2);
    expect(await built(text, { n: 5 })).toHaveLength(5);
    expect(await built(text, { n: 0 })).toHaveLength(0);
  });

  it('refers to a whole value, whatever it is', async () => {
    const [first, second] = await built(
      `${HEAD}  - id: a\n    event: messages.post\n  - event: messages.post\n    set: { "messages[0].timestamp": "\${a.messages[0].timestamp}", "messages[0].text": "\${a.messages[0].text}" }`,
    );
    if (first === undefined || second === undefined) throw new Error('no steps');
    expect(messageOf(second)['timestamp']).toBe(messageOf(first)['timestamp']);
    expect(messageOf(second)['text']).toEqual(messageOf(first)['text']);
  });

  it('keeps what is expected of its answer', async () => {
    const [step] = await built(`name: x\nvariables: { s: 201 }\nsteps:\n  - event: groups.put\n    expect: ["status=\${s}", time<2s]`);
    expect(step?.expect).toEqual(['status=201', 'time<2s']);
  });
});
