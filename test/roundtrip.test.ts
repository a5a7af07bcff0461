import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDocument } from '../src/delivery/document.ts';
import { children, inMode, MODES, requestLine } from '../src/event/mode.ts';
import { entryOf, isEventName } from '../src/event/name.ts';
import { parseBody } from '../src/event/parse.ts';
import { program, type Running, start } from './support/process.ts';
import { packageRoot } from './support/runtime.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: string;
}

const running: Running[] = [];
afterAll(() => {
  for (const { child } of running) child.kill('SIGKILL');
});

const keep = (one: Running): Running => {
  running.push(one);
  return one;
};

const startSink = async (): Promise<{ port: string; seen: (count: number) => Promise<Seen[]> }> => {
  const sink = keep(start(process.execPath, [join(packageRoot, 'test/support/sink.mjs')]));
  const port = (await sink.line(/^port (\d+)$/m))[1] ?? '';
  const requests = (): Seen[] =>
    sink
      .stdout()
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line) as Seen);
  return {
    port,
    seen: async (count) => {
      await sink.line(new RegExp(`^(?:[^\\n]*\\n){${count + 1}}`));
      return requests();
    },
  };
};

/** The same payload, written as nobody else writes it: odd white space, escapes, numbers that do not survive a parser. */
const disfigure = (text: string, seed: number): string => {
  const spaces = ['', ' ', '\n', '\t', '\r\n  ', '    '];
  let turn = seed;
  const odd = `"odd" :[18446744073709551615,1.0, 1E2 ,-0.0,0.1000000000000000055511151231257827,"\\u00fc\\/ü\\ud83d\\ude00😀\\u202e",{ "1":1,"":null} ]`;
  const [first] = children(text);
  if (first === undefined) throw new Error('a sample has members');
  const withOdd = `${text.slice(0, first.start)}${odd}${spaces[seed % 6]},${text.slice(first.start)}`;
  return withOdd.replaceAll(/"(?:[^"\\]|\\.)*"|[,:{}[\]]/g, (token) => (token.startsWith('"') ? token : `${token}${spaces[turn++ % 6]}`));
};

const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-roundtrip-'));
const categories = readdirSync(join(packageRoot, 'samples')).filter((file) => file.endsWith('.json'));
const bodies = categories.flatMap((file) => {
  const { entries } = readDocument(file, readFileSync(join(packageRoot, 'samples', file)));
  // Every event of the category, and a few payloads more.
  return entries.filter((_entry, index) => index % 3 === 0 || file !== 'messages.json').map(({ body }) => new TextDecoder().decode(body));
});
const texts = bodies.map(disfigure);
writeFileSync(join(folder, 'odd.jsonl'), '');
for (const [index, text] of texts.entries()) writeFileSync(join(folder, `${String(index).padStart(4, '0')}.json`), text);

const eventOf = (text: string) => {
  const { name } = parseBody(text).parsed;
  if (name === null || !isEventName(name)) throw new Error(`no event: ${text.slice(0, 80)}`);
  return name;
};

describe.each(MODES)('replay into listen --forward-to into a third process, in mode %s', (mode) => {
  it('loses, reorders and changes nothing; recorded and replayed again neither', async () => {
    const expected = texts.map((text) => {
      const { method, suffix } = requestLine(eventOf(text), mode);
      return { method, url: `/hook${suffix}?key=1`, body: Buffer.from(inMode(text.trimEnd(), eventOf(text), mode)).toString('base64') };
    });
    expect(new Set(texts.map((text) => entryOf(eventOf(text)).category)).size).toBe(11);

    const recording = join(folder, `${mode}.jsonl`);
    const sink = await startSink();
    const listener = keep(program(['listen', '--port', '0', '--output', 'quiet', '-f', `${sink.port}/hook?key=1`, '--record', recording]));
    const url = (await listener.line(/http:\/\/[\d.]+:\d+/))[0];
    const sender = keep(program(['replay', join(folder, '*.json'), '--to', url, '--mode', mode]));
    expect(await sender.ended, sender.stderr()).toBe(0);
    const got = await sink.seen(texts.length);
    const essence = ({ method, url: path, body }: Seen) => ({ method, url: path, body });
    expect(got.map(essence)).toEqual(expected);
    listener.child.kill('SIGINT');
    expect(await listener.ended).toBe(0);

    const second = await startSink();
    const again = keep(program(['replay', recording, '--to', `${second.port}/hook?key=1`]));
    expect(await again.ended, again.stderr()).toBe(0);
    const seen = await second.seen(texts.length);
    expect(seen.map(essence)).toEqual(expected);
    const own = ({ headers }: Seen) =>
      headers.filter((value, index) => !/^(?:host|connection)$/i.test(headers[index - (index % 2)] ?? value));
    expect(seen.map(own)).toEqual(got.map(own));
  });
});
