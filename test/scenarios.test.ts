/** The scenarios that come along: each is right by its schema, valid without a remark, and tells one story. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { MODES } from '../src/event/mode.ts';
import { EVENT_NAMES } from '../src/event/name.ts';
import { parse } from '../src/event/parse.ts';
import { startApp } from './support/app.ts';
import { temporaryFolder } from './support/folder.ts';
import { packageRoot, run } from './support/runtime.ts';
import { type JsonMap, read, readMap, values } from './support/samples.ts';

const NAMES = readdirSync(join(packageRoot, 'samples', 'scenarios')).map((file) => file.replace('.yaml', ''));
const text = (name: string): string => readFileSync(join(packageRoot, 'samples', 'scenarios', `${name}.yaml`), 'utf8');
/** Time passes as soon as somebody waits for it. */
const after = (_ms: number, action: () => void): (() => void) => {
  setImmediate(action);
  return () => {};
};

const payloadsOf = async (name: string, flags: readonly string[] = ['--seed', '7', '--at', '2031-05-06T07:08:09Z']): Promise<JsonMap[]> => {
  const { code, stdout, stderr } = await run(['scenario', 'show', `scenarios/${name}`, '--payloads', ...flags]);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as JsonMap[];
};

it('are the stories that a handler should know', () => {
  expect(NAMES.sort()).toEqual(
    ['calls', 'conversation', 'deletion', 'edit', 'group', 'image-and-reply', 'label', 'lost-phone', 'poll', 'reaction'].sort(),
  );
});

describe('the published schema', () => {
  const schema = readMap('schemas', 'scenario.schema.json');
  const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true }).compile(schema);

  it.each(NAMES)('takes %s', (name) => {
    expect(validate(parseYaml(text(name))), JSON.stringify(validate.errors)).toBe(true);
  });

  it('knows all events', () => {
    const step = (schema['$defs'] as JsonMap)['step'] as { properties: { event: { enum: string[] } } };
    expect([...step.properties.event.enum].sort()).toEqual([...EVENT_NAMES].sort());
  });

  it.each<[string, unknown]>([
    ['no name', { steps: [{ event: 'groups.put' }] }],
    ['no steps', { name: 'x', steps: [] }],
    ['a foreign member', { name: 'x', step: [], steps: [{ event: 'groups.put' }] }],
    ['an unknown event', { name: 'x', steps: [{ event: 'groups.pt' }] }],
    ['neither event nor payload', { name: 'x', steps: [{ delay: '1s' }] }],
    ['sample and type', { name: 'x', steps: [{ event: 'groups.put', sample: 'a', type: 'b' }] }],
    ['sample and payload', { name: 'x', steps: [{ payload: {}, sample: 'a' }] }],
    ['a delay without a unit', { name: 'x', steps: [{ event: 'groups.put', delay: 5 }] }],
    ['a name that is none', { name: 'x', steps: [{ event: 'groups.put', id: '1st' }] }],
    ['a repeat below nothing', { name: 'x', steps: [{ event: 'groups.put', repeat: -1 }] }],
  ])('refuses %s, as the program does', async (_what, scenario) => {
    expect(validate(scenario)).toBe(false);
    const { code } = await run(['validate', 's.yaml'], { cwd: temporaryFolder({ 's.yaml': JSON.stringify(scenario) }) });
    expect(code).toBe(2);
  });
});

describe.each(NAMES)('%s', (name) => {
  it('is valid without a remark, whatever the seed', async () => {
    for (const seed of ['1', '2', '3'])
      for (const payload of await payloadsOf(name, ['--seed', seed]))
        expect(parse(JSON.stringify(payload)), JSON.stringify(payload).slice(0, 300)).toMatchObject({ verdict: 'valid', findings: [] });
  });

  it('is the same for the same seed and time', async () => {
    expect(await payloadsOf(name)).toEqual(await payloadsOf(name));
  });

  it.each(MODES)('arrives in order and whole in mode %s', async (mode) => {
    const payloads = await payloadsOf(name);
    const app = await startApp();
    const flags = ['--seed', '7', '--at', '2031-05-06T07:08:09Z', '--mode', mode];
    const { code, stderr } = await run(['replay', `scenarios/${name}`, '--to', String(app.port), ...flags], { after });
    await app.close();
    expect([code, stderr]).toEqual([0, '']);
    expect(app.received).toHaveLength(payloads.length);
    for (const [index, { body, url, method }] of app.received.entries()) {
      const { event, ...rest } = payloads[index] as JsonMap & { event: { type: string; event: string } };
      expect(JSON.parse(body.toString())).toEqual(mode === 'body' ? { ...rest, event } : rest);
      const line = {
        body: ['POST', '/'],
        path: ['POST', `/${event.type}/${event.event}`],
        method: [event.event.toUpperCase(), `/${event.type}`],
      };
      expect([method, url]).toEqual(line[mode]);
    }
  });

  it('happens from its time on, with nothing of the time of the samples', async () => {
    const begin = Date.UTC(2031, 4, 6, 7, 8, 9) / 1000;
    for (const payload of await payloadsOf(name)) {
      const times = [...values(payload)].filter(({ member }) => member === 'timestamp').map(({ value }) => Number(value));
      const seconds = times.map((time) => (time > 1e11 ? time / 1000 : time));
      if (seconds.length === 0) continue;
      expect(Math.max(...seconds)).toBeGreaterThanOrEqual(begin);
      expect(Math.max(...seconds)).toBeLessThan(begin + 60);
    }
  });
});

/** The values of all members of a name, of one payload. */
const all = (payload: JsonMap | undefined, member: string): unknown[] =>
  [...values(payload ?? null)].filter((one) => one.member === member && typeof one.value !== 'object').map(({ value }) => value);

describe('what the steps of a story say of one another', () => {
  it('a status is of the answer, and of its chat', async () => {
    const [question, answer, ...statuses] = await payloadsOf('conversation');
    expect(all(question, 'chat_id')).toEqual(all(answer, 'chat_id'));
    for (const status of statuses) {
      expect(all(status, 'id')).toEqual(all(answer, 'id'));
      expect(all(status, 'recipient_id')).toEqual(all(answer, 'chat_id'));
    }
    expect(statuses.flatMap((status) => all(status, 'status'))).toEqual(['sent', 'delivered', 'read']);
  });

  it('a reply quotes the message with the picture', async () => {
    const [photo, reply] = await payloadsOf('image-and-reply');
    expect(all(reply, 'quoted_id')).toEqual(all(photo, 'id').filter((id) => !String(id).startsWith('jpeg')));
    expect(all(reply, 'quoted_author')).toEqual(all(photo, 'from'));
    expect(all(reply, 'caption')).toEqual(all(photo, 'caption'));
  });

  it.each([
    ['edit', [1]],
    ['reaction', [1, 2]],
    ['deletion', [1]],
  ])('what is done in %s is done to the message before', async (name, indexes) => {
    const payloads = await payloadsOf(name);
    for (const index of indexes) expect(all(payloads[index], 'target')).toEqual(all(payloads[0], 'id'));
  });

  it('the edit comes with both texts, the deletion with the id', async () => {
    const [message, edit, update] = await payloadsOf('edit');
    const body = (payload: JsonMap | undefined) => all(payload, 'body');
    expect(body(update)).toEqual([...body(edit), ...body(message), ...body(edit)]);
    const [deleted, , removed] = await payloadsOf('deletion');
    expect(removed?.['messages_removed']).toEqual(all(deleted, 'id'));
  });

  it('votes are of members of the club, for the poll that counts them', async () => {
    const [club, poll, one, two, counted] = await payloadsOf('poll');
    const members = all(club, 'id');
    for (const vote of [one, two]) {
      expect(members).toContain(all(vote, 'from')[0]);
      expect(all(vote, 'chat_id')).toEqual(all(poll, 'chat_id'));
      expect(all(vote, 'target')).toEqual(all(poll, 'id'));
    }
    expect(all(counted, 'voters').slice(-2)).toEqual([...all(one, 'from'), ...all(two, 'from')]);
    expect(all(club, 'id')).toContain(all(poll, 'chat_id')[0]);
  });

  it('all that happens to a group happens to the one that was created; the channel leaves it', async () => {
    const [group, joined, promoted, renamed, left] = await payloadsOf('group');
    const [id] = all(group, 'id');
    for (const step of [joined, promoted, left]) expect(all(step, 'group_id')).toEqual([id]);
    expect(all(renamed, 'id').filter((one) => String(one).endsWith('@g.us'))).toEqual([id, id]);
    expect(all(joined, 'participants')).toContain(all(promoted, 'participants')[0]);
    expect(all(left, 'participants')).toEqual(['999201445560']);
  });

  it('two calls have two ids, and what happens to one has one', async () => {
    const ids = (await payloadsOf('calls')).map((payload) => all(payload, 'id')[0]);
    expect(ids).toEqual([ids[0], ids[0], ids[2], ids[2], ids[2]]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it('the label that is put on is the one that was made', async () => {
    const [made, on, off] = await payloadsOf('label');
    const label = ((made?.['labels'] ?? []) as JsonMap[])[0];
    const [update] = (on?.['chats_updates'] ?? []) as { after_update: JsonMap }[];
    expect(update?.after_update['labels']).toEqual([label]);
    expect(JSON.stringify(off)).toContain(JSON.stringify(update?.after_update));
  });
});

it('the samples are no other ones for having scenarios beside them', async () => {
  const { stdout } = await run(['validate', 'samples']);
  expect(stdout).toMatch(/^11 files, \d+ events: no findings$/m);
  expect(read('samples', 'scenarios', 'poll.yaml')).toContain('steps:');
});
