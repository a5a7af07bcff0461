import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { checkEntry, eventOfFile } from '../../src/delivery/check.ts';
import { readDocument } from '../../src/delivery/document.ts';
import { applyOverlay, judgeWith, readOverlay } from '../../src/event/overlay.ts';
import { parse } from '../../src/event/parse.ts';
import { loadOverlay } from '../../src/io/overlay.ts';
import { BROKEN } from '../support/broken.ts';
import { temporaryFolder } from '../support/folder.ts';
import { message, named, unnamed } from '../support/payloads.ts';
import { keyOf, makePlants, type Plant } from '../support/plants.ts';
import { packageRoot, run } from '../support/runtime.ts';

const NOTHING = '{\n  "$schema": "https://unpkg.com/whapi-hooks@1/schemas/overlay.schema.json",\n  "v": 1,\n  "accept": []\n}\n';

/** A recording of one delivery a second. */
const recording = (deliveries: readonly (readonly [url: string, body: string])[]): string =>
  [
    { v: 1, type: 'ready', url: 'http://127.0.0.1:8080/hooks' },
    ...deliveries.map(([url, body], index) => ({
      ...{ v: 1, type: 'delivery', id: `d${index + 1}`, time: `2026-03-01T09:30:0${index}.000Z`, method: 'POST', url, headers: [], body },
      ...{ event: null, mode: 'path', verdict: 'valid', findings: [] },
    })),
  ]
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');

describe('drift', () => {
  it('names recorded deliveries by their request line, and tells when they came', async () => {
    const cwd = temporaryFolder({
      'traffic.jsonl': recording([
        ['/hooks/messages/post', unnamed('fine')],
        ['/hooks/messages/post', unnamed('new').replace('"from_me"', '"thread":"T-77812","from_me"')],
        ['/hooks/messages/post', unnamed('new').replace('"from_me"', '"thread":"T-77813","from_me"')],
        ['/hooks/nothing/post', unnamed('lost')],
      ]),
    });
    const { code, stdout, stderr } = await run(['drift', 'traffic.jsonl'], { cwd });
    expect(stdout).toBe(
      [
        '×2  messages.post  /messages/*/thread  unknown-member  string, such as "x-99999"',
        '    in 2 deliveries, first traffic.jsonl:3 at 2026-03-01T09:30:01.000Z, last traffic.jsonl:4 at 2026-03-01T09:30:02.000Z',
        '',
        '4 deliveries: 1 kind of drift in 1 of them'.replace('in 1', 'in 2'),
        'Not looked at: 1 of no event that is known. whapi-hooks validate tells why.',
        '',
      ].join('\n'),
    );
    expect([code, stderr]).toEqual([1, '']);
  });

  it('tells the line within a file of several lines', async () => {
    const cwd = temporaryFolder({ 'a.json': JSON.stringify([JSON.parse(named('hi')), JSON.parse(named('hi', { foo: 1 }))], null, 1) });
    const { stdout } = await run(['drift', 'a.json', '--json'], { cwd });
    const line =
      readFileSync(join(cwd, 'a.json'), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('"foo"')) + 1;
    expect(JSON.parse(stdout)).toMatchObject({ drift: [{ first: { file: 'a.json', line }, last: { file: 'a.json', line } }] });
  });

  it('prints one document with --json', async () => {
    const { stdout, stderr, code } = await run(['drift', '-', '--json'], { stdin: named('hi', { source: 'tv' }) });
    expect(JSON.parse(stdout)).toEqual({
      ...{ deliveries: 1, drifting: 1, unreadable: 0, unknown: 0, notListed: 0, notChecked: 0 },
      drift: [
        {
          ...{ severity: 'warning', event: 'messages.post', pointer: '/messages/*/source', rule: 'unknown-word', word: 'tv' },
          ...{ types: ['string'], count: 1, deliveries: 1, expected: 'one of web, mobile, api, system, business_api, unknown' },
          ...{ first: { file: '-', line: 1 }, last: { file: '-', line: 1 } },
        },
      ],
    });
    expect([stderr, code]).toEqual(['', 1]);
  });

  it('finds none in our samples', async () => {
    const { code, stdout } = await run(['drift', 'samples']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d{3} deliveries: no drift\n$/)]);
  });

  it('names bodies that do not name their event by --as or by their file', async () => {
    const files = { 'a.json': unnamed('hi'), 'messages.post.odd.json': unnamed('hi') };
    const cwd = temporaryFolder(files);
    const unknown = await run(['drift', 'a.json'], { cwd });
    expect([unknown.code, unknown.stdout]).toEqual([0, expect.stringContaining('1 of no event that is known')]);
    for (const argv of [['a.json', '--as', 'messages.post'], ['messages.post.odd.json']]) {
      expect((await run(['drift', ...argv], { cwd })).stdout).toBe('1 delivery: no drift\n');
    }
    const wrong = await run(['drift', 'a.json', '--as', 'message.post'], { cwd });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Did you mean messages.post?')]);
  });

  it('counts what is no delivery', async () => {
    const cwd = temporaryFolder({
      'a.json': '{"compilerOptions":{}}',
      'b.json': `{"x":${named('hi')},"x":${named('hi')}}`,
      'c.ndjson': '{\n',
    });
    const { code, stdout } = await run(['drift', 'a.json', 'b.json', 'c.ndjson'], { cwd });
    expect(stdout).toBe('3 deliveries: no drift\nNot looked at: 2 that cannot be read. whapi-hooks validate tells why.\n');
    expect(code).toBe(0);
  });

  it.each([
    ['a source that is not there', ['odd.json', 'nothing.json'], 2, /There is no nothing\.json/],
    ['a source twice', ['odd.json', './odd.json'], 1, /named more than once; it is read once/],
    ['no source', [], 2, /missing required argument 'source'/],
    ['a misspelt option', ['odd.json', '--overlays', 'x'], 2, /Did you mean --overlay\?/],
    ['a folder without schemas', ['odd.json', '--patch', '.'], 2, /\. is no folder of schemas: it has no common\/message\.schema\.json/],
    ['an overlay that cannot be written', ['odd.json', '--overlay', 'odd.json/x.json'], 3, /overlay odd\.json\/x\.json cannot be written/],
    ['an overlay that is a folder', ['odd.json', '--overlay', 'folder'], 3, /it is a folder/],
    ['a file that is no overlay', ['odd.json', '--overlay', 'odd.json'], 2, /odd\.json is no overlay: .*\n.*It stays as it is/],
    [
      'an overlay that is no JSON',
      ['odd.json', '--overlay', 'broken.json'],
      2,
      /broken\.json:2:1: not JSON: it is cut off.*\n.*It stays as it is/,
    ],
    ['an overlay of a later version', ['odd.json', '--overlay', 'later.json'], 2, /it has version 2; this whapi-hooks reads version 1/],
  ])('ends as it should: %s', async (_what, argv, code, says) => {
    const files = { 'odd.json': named('hi', { foo: 1 }), 'folder/x': '', 'broken.json': '{"v": 1,\n', 'later.json': '{"v":2,"accept":[]}' };
    const cwd = temporaryFolder(files);
    const result = await run(['drift', ...argv], { cwd });
    expect(result.stderr).toMatch(says);
    expect(result.code).toBe(code);
    for (const [file, content] of Object.entries(files)) expect(readFileSync(join(cwd, file), 'utf8')).toBe(content);
  });
});

describe('the file of --overlay', () => {
  it('is written where there is no drift too, and is added to', async () => {
    const cwd = temporaryFolder({
      'a.json': named('hi'),
      'b.json': named('hi', { foo: 1 }),
      'c.json': named('hi', { foo: 'x', source: 'tv' }),
    });
    const overlay = (): string => readFileSync(join(cwd, 'deep/o.json'), 'utf8');
    const drift = async (file: string): Promise<string> => (await run(['drift', file, '--overlay', 'deep/o.json'], { cwd })).stderr;
    expect(await drift('a.json')).toBe('deep/o.json accepts 0 kinds of drift.\n');
    expect(overlay()).toBe(NOTHING);
    expect(await drift('b.json')).toBe('deep/o.json accepts 1 kind of drift, 1 of them new.\n');
    await drift('c.json');
    const once = overlay();
    expect(JSON.parse(once)).toMatchObject({
      accept: [
        { pointer: '/messages/*/foo', types: ['string', 'number'] },
        { pointer: '/messages/*/source', words: ['tv'] },
      ],
    });
    await drift('b.json');
    expect(overlay()).toBe(once);
  });

  it('says what it leaves out', async () => {
    const cwd = temporaryFolder({ 'a.json': named('hi', { source: 'Nadir Berg', chat_id: 'nowhere' }) });
    const { stderr } = await run(['drift', 'a.json', '--overlay', 'o.json'], { cwd });
    expect(stderr).toMatch(/1 kind of unknown words is left out: they look like text.*\n1 kind about form or content is left out/);
  });
});

const PLANTS = makePlants();
const plantKey = ({ event, rule, pattern, detail }: Plant): string => [event, rule, pattern, detail].join(' ');
const ndjson = (plants: readonly Plant[]): string => plants.map(({ body }) => `${body}\n`).join('');

describe('traffic that the schemas do not know, accepted by an overlay', () => {
  /** The broken files of the first list, and what is found in them. */
  const broken = BROKEN.map(([what, file, content]) => {
    const { entries, problems } = readDocument(file, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    return { what, problems, checked: entries.map((entry) => checkEntry(entry, eventOfFile(file))) };
  });
  const brokenKeys = new Set(
    broken.flatMap(({ checked }) =>
      checked.flatMap(({ event, findings, payload }) => findings.map((finding) => keyOf(event, finding, payload))),
    ),
  );
  const isPlanted = (plant: Plant, index: number): boolean => index % 3 === 0 && !brokenKeys.has(plantKey(plant));
  const planted = PLANTS.filter(isPlanted);
  const others = PLANTS.filter((plant, index) => !isPlanted(plant, index));

  it('is silent, while every other defect is found as before', async () => {
    const cwd = temporaryFolder({ 'traffic.ndjson': ndjson(planted) });
    expect((await run(['drift', 'traffic.ndjson', '--overlay', 'o.json'], { cwd })).code).toBe(1);
    const overlay = loadOverlay('o.json', cwd);
    const validate = await run(['validate', 'traffic.ndjson', '--strict', '--schema-overlay', 'o.json'], { cwd });
    expect([validate.code, validate.stdout]).toEqual([0, expect.stringMatching(/no findings\n$/)]);
    const left = (body: string): string => JSON.stringify(judgeWith(overlay, parse(body)).findings);
    expect([planted.length > 1000, others.length > 2000, broken.length > 60]).toEqual([true, true, true]);
    expect(
      others.filter(({ body }) => left(body) !== JSON.stringify(parse(body).findings)).map(plantKey),
      'defects that were not planted',
    ).toEqual([]);
    for (const { what, checked } of broken) {
      for (const { event, findings, payload } of checked) expect(applyOverlay(overlay, event, findings, payload), what).toEqual(findings);
    }
    const silent = broken.filter(
      ({ problems, checked }) => problems.length === 0 && checked.every(({ findings }) => findings.length === 0),
    );
    expect(silent.map(({ what }) => what)).toEqual(['no event, named by the file']); // the one that is fine
  });
});

describe('the change that --patch makes', () => {
  /** Changes of places that other places share (ids, words, times) would hide the defects there as well. */
  const own = new Set(['stranger', 'missing', 'word', 'string', 'integer', 'number', 'boolean']);
  const canBePlaced = ({ pattern, rule }: Plant): boolean => rule !== 'unknown-member' || pattern.split('/').length > 2;
  const planted = PLANTS.filter(
    (plant, index) =>
      index % 11 === 0 &&
      own.has(plant.shape) &&
      canBePlaced(plant) &&
      !plant.pattern.endsWith('zz_other') &&
      plant.detail !== 'zz_other_word' &&
      // A new type of a reply asks for a member of that name too (x-branch), which this traffic does not have.
      !plant.pattern.endsWith('/reply/type') &&
      !(plant.shape === 'word' && plant.rule === 'wrong-type'),
  );
  /** Changes that may be of the same place in the schemas: lists of words are shared by members of several names. */
  const last = ({ rule, pattern, detail }: Plant): string =>
    [rule, rule === 'unknown-word' ? '' : pattern.replace(/^.*\//, ''), detail].join(' ');
  const alike = new Set(planted.map(last));
  const others = PLANTS.filter((plant) => !alike.has(last(plant)));

  it('makes the traffic known in a copy of the schemas, while every other defect is found', { timeout: 120_000 }, async () => {
    const copy = temporaryFolder({ 'traffic.ndjson': ndjson(planted) });
    for (const part of ['scripts', 'schemas', 'src', 'wasm', 'package.json'])
      cpSync(join(packageRoot, part), join(copy, part), { recursive: true });
    symlinkSync(join(packageRoot, 'node_modules'), join(copy, 'node_modules'));
    const { code, stderr } = await run(['drift', 'traffic.ndjson', '--patch', 'schemas'], { cwd: copy });
    expect([code, stderr]).toEqual([1, expect.not.stringContaining('not placed')]);
    // Only the files that are named differ.
    const files = readdirSync(join(copy, 'schemas'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
    const different = files.filter(
      (file) => readFileSync(join(copy, 'schemas', file), 'utf8') !== readFileSync(join(packageRoot, 'schemas', file), 'utf8'),
    );
    expect(stderr.split('\n').filter((line) => line !== '')).toEqual(different.sort().map((file) => `changed schemas/${file}`));
    expect(different.length).toBeGreaterThan(20);

    execFileSync(process.execPath, [join(copy, 'scripts', 'generate.js')], { cwd: copy });
    await build({
      ...{ entryPoints: [join(copy, 'src/event/parse.ts')], outfile: join(copy, 'parse.mjs') },
      ...{ bundle: true, format: 'esm', platform: 'neutral', mainFields: ['module', 'main'], logLevel: 'error' },
    });
    const patched = (await import(pathToFileURL(join(copy, 'parse.mjs')).href)) as { parse: typeof parse };
    const found = (check: typeof parse, body: string): string =>
      JSON.stringify(check(body).findings.map(({ rule, pointer }) => `${rule} ${pointer}`));
    const now = (body: string): string => found(patched.parse, body);
    expect([planted.length > 150, others.length > 2000]).toEqual([true, true]);
    expect(planted.filter(({ body }) => now(body) !== '[]').map((plant) => `${plantKey(plant)}: ${now(plant.body)}`)).toEqual([]);
    const changed = others.filter(({ body }) => now(body) !== found(parse, body));
    expect(changed.map((plant) => `${plantKey(plant)}: ${now(plant.body)}`)).toEqual([]);
  });

  const patchOne = async (body: string): Promise<{ stderr: string; schema: (file: string) => unknown; again: () => Promise<string> }> => {
    const cwd = temporaryFolder({ 'a.json': body });
    cpSync(join(packageRoot, 'schemas'), join(cwd, 'schemas'), { recursive: true });
    const patch = async (): Promise<string> => (await run(['drift', 'a.json', '--patch', 'schemas'], { cwd })).stderr;
    return { stderr: await patch(), again: patch, schema: (file) => JSON.parse(readFileSync(join(cwd, 'schemas', file), 'utf8')) };
  };

  it('is a property, a word, a type or a member less, where the schemas have their like', async () => {
    const { stderr, schema, again } = await patchOne(
      named('hi', { zz: true, source: 'tv', chat_id: undefined, text: { body: 'hi', yy: [1] }, context: { forwarding_score: 0.5 } }),
    );
    expect(stderr).toBe(
      'changed schemas/common/content/text.schema.json\nchanged schemas/common/context.schema.json\nchanged schemas/common/message.schema.json\n',
    );
    const unknown = 'Seen in traffic; what it means is not known.';
    expect(schema('common/message.schema.json')).toMatchObject({
      required: ['id', 'type', 'from_me', 'timestamp'],
      properties: {
        source: { 'x-words': ['web', 'mobile', 'api', 'system', 'business_api', 'unknown', 'tv'] },
        zz: { description: unknown, type: 'boolean' },
      },
    });
    expect(schema('common/content/text.schema.json')).toMatchObject({ properties: { yy: { description: unknown, type: 'array' } } });
    expect(schema('common/context.schema.json')).toMatchObject({ properties: { forwarding_score: { type: 'number' } } });
    expect(await again()).toBe('Nothing was changed in schemas.\n');
  });

  it('is told where it has no place', async () => {
    const body = named('hi', { '99900011122': 1 })
      .replace('"channel_id"', '"zz":1,"channel_id"')
      .replace('{"type":"messages"', '{"id":1,"type":"messages"');
    const { stderr } = await patchOne(body);
    expect(stderr.split('\n')).toEqual([
      'Nothing was changed in schemas.',
      expect.stringMatching(/^not placed: messages\.post \/event\/id unknown-member: the member event is read before/),
      expect.stringMatching(/^not placed: messages\.post \/messages\/\*\/\{name\} unknown-member: its names are ids or text/),
      expect.stringMatching(/^not placed: messages\.post \/zz unknown-member: a property beside the payload key/),
      '',
    ]);
  });

  it('is refused where a file of the folder is no schema, and nothing is written', async () => {
    const cwd = temporaryFolder({
      'a.json': named('hi', { source: 'tv' }),
      'schemas/common/message.schema.json': '{',
      'schemas/messages/post.schema.json': '{}',
    });
    mkdirSync(join(cwd, 'schemas/statuses'));
    writeFileSync(
      join(cwd, 'schemas/messages/post.schema.json'),
      '{"properties":{"messages":{"items":{"$ref":"../common/message.schema.json"}}}}',
    );
    const { code, stderr } = await run(['drift', 'a.json', '--patch', 'schemas'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/message\.schema\.json:1:2: not JSON: it is cut off/)]);
  });
});

describe('what drift tells and writes', () => {
  it('holds no value of the payloads', async () => {
    const secret = {
      texts: ['Nuvola Bianca', 'Bring the green folder', 'nuvola@example.org', 'Schlüssel', 'https://nuvola.example.org/pictures/4711.jpg'],
      ids: ['99977755533', '99977755533@s.whatsapp.net', 'Zqx987Wvu654Ts-rqPO32', '120363999888777666@g.us', '4929777000111'],
    };
    const values = [...secret.texts, ...secret.ids];
    const bodies = [
      ...values.map((value) => named(value, { zz_new: value, zz_deep: { [value]: [value], a: { b: { c: value } } } })),
      ...values.map((value) =>
        named('hi', { [value]: value, source: value, status: value, chat_id: value, timestamp: value, from: value }),
      ),
      named('hi', { zz_number: 4929777000111, device_id: '4929777000111', from_me: 4929777000111, timestamp: 4929777000111 }),
      ...values.map((value) =>
        JSON.stringify({
          messages: [message(value, { type: 'reply', reply: { type: value, text: value } }), value],
          event: { type: 'messages', event: 'post', id: value },
          channel_id: 7,
          [value]: value,
        }),
      ),
    ];
    const cwd = temporaryFolder({ 'a.ndjson': bodies.map((body) => `${body}\n`).join('') });
    cpSync(join(packageRoot, 'schemas'), join(cwd, 'schemas'), { recursive: true });
    const text = await run(['drift', 'a.ndjson', '--overlay', 'o.json', '--patch', 'schemas'], { cwd });
    const json = await run(['drift', 'a.ndjson', '--json'], { cwd });
    const files = readdirSync(join(cwd, 'schemas'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
    const told = [text, json].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    const written = ['o.json', ...files.map((file) => join('schemas', file))].map((file) => readFileSync(join(cwd, file), 'utf8'));
    const all = [...told, ...written].join('\n');
    expect(text.stdout).toContain('zz_deep');
    for (const part of [
      ...values,
      'Nuvola',
      'Bianca',
      'folder',
      'nuvola',
      '99977755533',
      '4929777000111',
      '4711',
      'Zqx987',
      '120363999888',
    ]) {
      const known = part === 'folder'; // a word of our own descriptions too
      if (!known) expect(all.includes(part), part).toBe(false);
    }
    expect(told.join('\n')).not.toContain('green folder');
    expect(readOverlay(JSON.parse(written[0] ?? '')).accept.length).toBeGreaterThan(5);
  });
});
