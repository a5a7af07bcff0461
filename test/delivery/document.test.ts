/** Files of payloads: how their form is told, and where in them each payload stands. */
import { describe, expect, it } from 'vitest';
import { type Document, readDocument } from '../../src/delivery/document.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);

/** `name @line:column body` of each payload; `rule @line:column message` of each problem. */
const told = ({ entries, problems }: Document): string[] => [
  ...entries.map(({ name, line, column, body }) => `${name} @${line}:${column} ${text(body)}`),
  ...problems.map(({ line, column, finding }) => `${finding.rule} @${line}:${column}`),
];
const read = (file: string, content: string): string[] => told(readDocument(file, bytes(content)));
const problem = (file: string, content: string): string | undefined => readDocument(file, bytes(content)).problems[0]?.finding.message;

const ONE = '{"messages":[],"channel_id":"A-1"}';
const TWO = '{"event":{"type":"calls","event":"post"},"calls":[]}';

it('a map may name its schema for editors', () => {
  expect(read('a.json', `{"$schema": "../x.json", "one": ${ONE}}`)).toEqual([`one @1:33 ${ONE}`]);
  expect(problem('a.json', '{"$schema": "../x.json"}')).toMatch(/neither a payload/);
});

describe('a .json file with one payload', () => {
  it.each([
    ['as it is', ONE, `null @1:1 ${ONE}`],
    ['with room around it', `\r\n \n  ${ONE}\n\n`, `null @3:3 ${ONE}`],
    ['over lines', '{\n  "qr": {\n    "status": "OK" } }\n', 'null @1:1 {\n  "qr": {\n    "status": "OK" } }'],
    ['told by its event', '{"event":7}', 'null @1:1 {"event":7}'],
    ['told by its channel', '{"channel_id":null,"x":1}', 'null @1:1 {"channel_id":null,"x":1}'],
    ['told by a payload key', '{"labels_removed":7,"x":{}}', 'null @1:1 {"labels_removed":7,"x":{}}'],
    ['with a map in it', `{"event":1,"a":${ONE},"b":${ONE}}`, `null @1:1 {"event":1,"a":${ONE},"b":${ONE}}`],
    ['with a key twice', '{"messages":1,"messages":2}', 'null @1:1 {"messages":1,"messages":2}'],
    ['with a number too large', '{"messages":1e999}', 'null @1:1 {"messages":1e999}'],
  ])('%s is that payload, byte for byte', (_what, content, ...expected) => {
    expect(read('a.json', content)).toEqual(expected);
  });

  it('with a byte order mark is told so, and read', () => {
    expect(read('a.json', `\ufeff${ONE}`)).toEqual([`null @1:1 ${ONE}`, 'byte-order-mark @1:1']);
  });

  it.each(['a.json', 'a.JSON', 'a', 'a.txt', 'jsonl', '-'])('may be called %s', (file) => {
    expect(read(file, ONE)).toEqual([`null @1:1 ${ONE}`]);
    expect(read(file, `${ONE}\n`)).toEqual([`null @1:1 ${ONE}`]);
  });
});

describe('a .json file with a list', () => {
  it.each([
    ['of payloads', `[${ONE},${TWO}]`, `1 @1:2 ${ONE}`, `2 @1:${ONE.length + 3} ${TWO}`],
    ['over lines', `[\n  ${ONE},\n\n\t ${TWO}\n]`, `1 @2:3 ${ONE}`, `2 @4:3 ${TWO}`],
    ['with other line ends', `[\r\n${ONE} ,\r\n${TWO}]`, `1 @2:1 ${ONE}`, `2 @3:1 ${TWO}`],
    ['of anything: each item is judged', `[7,"a,]",{},[${ONE}]]`, '1 @1:2 7', '2 @1:4 "a,]"', '3 @1:10 {}', `4 @1:13 [${ONE}]`],
    ['of nothing', ' [ ] '],
    ['behind characters of two units', `["😀é", ${ONE}]`, '1 @1:2 "😀é"', `2 @1:9 ${ONE}`],
  ])('%s has its items as payloads', (_what, content, ...expected) => {
    expect(read('a.json', content)).toEqual(expected);
  });

  it('keeps the characters of each', () => {
    const odd = '{ "messages" :\t[1.0, 1E2,"\\u00e9\\/"]}';
    expect(readDocument('a.json', bytes(`[ ${odd} ]`)).entries.map(({ body }) => text(body))).toEqual([odd]);
  });

  it('of ten thousand in one line takes no time worth mentioning', () => {
    const { entries } = readDocument(
      'a.json',
      bytes(
        `[${Array(10_000)
          .fill(JSON.stringify({ messages: ['x'.repeat(900)] }))
          .join(',')}]`,
      ),
    );
    expect(entries).toHaveLength(10_000);
    expect(entries.at(-1)?.column).toBeGreaterThan(9_000_000);
  });
});

describe('a .json file with a map', () => {
  it.each([
    ['of named payloads', `{"one":${ONE},"two":${TWO}}`, `one @1:8 ${ONE}`, `two @1:${ONE.length + 15} ${TWO}`],
    ['over lines', `{\n  "one":\n    ${ONE},\n  "two": ${TWO}\n}`, `one @3:5 ${ONE}`, `two @4:10 ${TWO}`],
    ['with names of any kind', `{"a \\"b\\"\\u00e9/~":${ONE},"":${TWO}}`, `a "b"é/~ @1:20 ${ONE}`, ` @1:${ONE.length + 24} ${TWO}`],
  ])('%s has its members as payloads', (_what, content, ...expected) => {
    expect(read('a.json', content)).toEqual(expected);
  });

  it('with a name twice has both, and is told so', () => {
    expect(read('a.json', `{"one":${ONE},\n "one":${TWO}}`)).toEqual([`one @1:8 ${ONE}`, `one @2:8 ${TWO}`, 'duplicate-key @2:2']);
    expect(problem('a.json', `{"one":${ONE},"one":${TWO}}`)).toBe('the name "one" stands twice in the map');
  });

  it.each([
    ['a text', `{"one":${ONE},\n  "note":"hi"}`, 'not-payload @2:3'],
    ['an empty object', `{"one":{},"two":${TWO}}`, 'not-payload @1:2'],
    ['a map in a map', `{"all":{"one":${ONE}},"two":${TWO}}`, 'not-payload @1:2'],
  ])('with something else in it is not read, and told where: %s', (_what, content, expected) => {
    expect(read('a.json', content)).toEqual([expected]);
    expect(problem('a.json', content)).toMatch(/^"\w+" is not a payload, though the file looks like a map of named payloads/);
  });
});

describe('a .json file with anything else', () => {
  it.each([
    ['an empty file', '', 'empty-body @1:1'],
    ['white space', '\n\n', 'empty-body @1:1'],
    ['a text', ' "messages"', 'not-payload @1:2'],
    ['null', 'null', 'not-payload @1:1'],
    ['a number', '\n12', 'not-payload @2:1'],
    ['an empty object', '{}', 'not-payload @1:1'],
    ['a package', '{"name":"x","scripts":{"test":"y"}}', 'not-payload @1:1'],
    ['no JSON', '{"messages":[],\n  }', 'not-json @1:15'],
    ['lines', `${ONE}\n${TWO}\n`, 'not-json @2:1'],
    ['no JSON behind a byte order mark', '\ufeff{"messages":}', 'not-json @1:13'],
    ['no JSON lines behind a byte order mark', '\ufeff{"a":1}\n{', 'not-json @2:1'],
    ['nothing behind a byte order mark', '\ufeff', 'empty-body @1:1'],
    ['201 levels', '['.repeat(201) + ']'.repeat(201), 'too-deep @1:1'],
  ])('%s has no payload, and says so at its place', (_what, content, expected) => {
    expect(read('a.json', content)).toEqual([expected]);
  });

  it.each([
    ['UTF-16', new Uint8Array(Buffer.from(ONE, 'utf16le'))],
    ['bytes', Uint8Array.of(0x7b, 0xff, 0x7d)],
  ])('%s too', (_what, content) => {
    expect(told(readDocument('a.json', content))).toEqual(['bad-encoding @1:1']);
  });
});

describe.each(['a.jsonl', 'a.ndjson', 'A.JSONL', 'dir.json/b.jsonl'])('%s', (file) => {
  it.each([
    ['a payload a line', `${ONE}\n${TWO}\n`, `line 1 @1:1 ${ONE}`, `line 2 @2:1 ${TWO}`],
    ['without a line end behind the last', `${ONE}\n${TWO}`, `line 1 @1:1 ${ONE}`, `line 2 @2:1 ${TWO}`],
    ['with other line ends', `${ONE}\r\n${TWO}\r\n`, `line 1 @1:1 ${ONE}`, `line 2 @2:1 ${TWO}`],
    ['with blank lines, which count', `\n${ONE}\n\r\n \t\n${TWO}\n\n`, `line 2 @2:1 ${ONE}`, `line 5 @5:1 ${TWO}`],
    [
      'with lines that are none: each is judged',
      `${ONE}\nnot JSON\n[1]\n  {}  \n`,
      `line 1 @1:1 ${ONE}`,
      'line 2 @2:1 not JSON',
      'line 3 @3:1 [1]',
      'line 4 @4:1   {}  ',
    ],
    ['a single payload', ONE, `line 1 @1:1 ${ONE}`],
    ['a payload with a member v', '{"v":1,"messages":[]}', 'line 1 @1:1 {"v":1,"messages":[]}'],
    ['nothing', '', 'empty-body @1:1'],
    ['blank lines only', '\n\n'],
  ])('has %s', (_what, content, ...expected) => {
    expect(read(file, content)).toEqual(expected);
  });
});

describe('standard input', () => {
  it.each([
    ['a payload', `${ONE}\n`, `null @1:1 ${ONE}`],
    ['a payload over lines', '{\n"messages":[]\n}\n', 'null @1:1 {\n"messages":[]\n}'],
    ['a list over lines', `[\n${ONE}\n]`, `1 @2:1 ${ONE}`],
    ['a map over lines', `{"a":\n${ONE}}`, `a @2:1 ${ONE}`],
    ['payloads, one a line', `${ONE}\n${TWO}\n`, `line 1 @1:1 ${ONE}`, `line 2 @2:1 ${TWO}`],
    ['payloads, one a line, with other line ends', `${ONE}\r\n\r\n${TWO}\r\n`, `line 1 @1:1 ${ONE}`, `line 3 @3:1 ${TWO}`],
    ['a payload and blank lines', `${ONE}\n\n \n`, `null @1:1 ${ONE}`],
    ['a payload and rubbish', `${ONE}\nrubbish`, `line 1 @1:1 ${ONE}`, 'line 2 @2:1 rubbish'],
    ['nothing', '', 'empty-body @1:1'],
  ])('is told by its content: %s', (_what, content, ...expected) => {
    expect(read('-', content)).toEqual(expected);
  });
});

describe('a recording', () => {
  const delivery = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    v: 1,
    type: 'delivery',
    id: 'd1',
    time: '2026-03-01T09:30:01.000Z',
    method: 'POST',
    url: '/hook/messages?x=1',
    headers: [['X-A', 'b']],
    body: ONE,
    event: 'messages.post',
    mode: 'method',
    verdict: 'valid',
    findings: [],
    ...more,
  });
  const lines = (...records: unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const ready = { v: 1, type: 'ready', url: 'http://127.0.0.1:4545/hook' };

  it('has its deliveries as payloads, with what was recorded of them', () => {
    const { entries, problems } = readDocument(
      'a.jsonl',
      bytes(lines(ready, delivery(), { v: 1, type: 'outcome', delivery: 'd1' }, delivery({ id: 'd2', body: TWO }))),
    );
    expect(problems).toEqual([]);
    expect(entries.map(({ name, line, column, body, base }) => [name, line, column, text(body), base])).toEqual([
      ['d1', 2, 1, ONE, '/hook'],
      ['d2', 4, 1, TWO, '/hook'],
    ]);
    expect(entries[0]?.recorded).toEqual({
      type: 'delivery',
      delivery: {
        id: 'd1',
        time: Date.UTC(2026, 2, 1, 9, 30, 1),
        method: 'POST',
        url: '/hook/messages?x=1',
        headers: [['X-A', 'b']],
        body: bytes(ONE),
      },
      mode: 'method',
      event: 'messages.post',
    });
  });

  it('of a delivery alone does not know the path of its listener', () => {
    const [entry] = readDocument('a.jsonl', bytes(lines(delivery()))).entries;
    expect(entry).not.toHaveProperty('base');
  });

  it.each([
    ['http://127.0.0.1:4545/', ''],
    ['http://127.0.0.1:4545', ''],
    ['http://[::1]:4545/a/b/', '/a/b'],
    ['no url', undefined],
  ])('of a listener on %s has the base %j', (url, base) => {
    expect(readDocument('a.jsonl', bytes(lines({ ...ready, url }, delivery()))).entries.map((entry) => entry.base)).toEqual([base]);
  });

  it('of two listeners has the base of each', () => {
    const { entries } = readDocument('a.jsonl', bytes(lines(ready, delivery(), { ...ready, url: 'http://127.0.0.1:1/x' }, delivery())));
    expect(entries.map(({ base }) => base)).toEqual(['/hook', '/x']);
  });

  it('gives bytes back that are no text', () => {
    const record = delivery({ bodyBase64: Buffer.from([0, 255, 10, 13]).toString('base64') });
    delete record['body'];
    expect(readDocument('a.jsonl', bytes(lines(record))).entries.map(({ body }) => [...body])).toEqual([[0, 255, 10, 13]]);
  });

  it('may stand among payloads, and on standard input', () => {
    const mixed = `${ONE}\n${lines(delivery())}`;
    expect(read('a.jsonl', mixed)).toEqual([`line 1 @1:1 ${ONE}`, `d1 @2:1 ${ONE}`]);
    expect(read('-', mixed)).toEqual(read('a.jsonl', mixed));
    expect(read('-', lines(delivery()))).toEqual([`d1 @1:1 ${ONE}`]);
    expect(read('-', lines(ready, delivery()))).toEqual([`d1 @2:1 ${ONE}`]);
  });

  it('of one record may be a .json file', () => {
    expect(read('a.json', JSON.stringify(delivery(), null, 2))).toEqual([`d1 @1:1 ${ONE}`]);
  });

  it('without ids has lines', () => {
    expect(read('a.jsonl', lines(ready, delivery({ id: undefined })))).toEqual([`line 2 @2:1 ${ONE}`]);
  });

  it.each<[what: string, record: Record<string, unknown>, message: string]>([
    ['of another version', delivery({ v: 2 }), 'the record has version 2; this whapi-hooks reads version 1'],
    ['of no version', delivery({ v: null }), 'the record has version null; this whapi-hooks reads version 1'],
    ['with another verb', delivery({ method: 'GET' }), 'the delivery has no method POST, PUT, PATCH or DELETE'],
    ['with a url of another server', delivery({ url: 'http://h.example/' }), 'the delivery has no url that begins with /'],
    ['without headers', delivery({ headers: undefined }), 'the headers of the delivery are not a list of [name, value]'],
    ['with headers in a map', delivery({ headers: { a: 'b' } }), 'the headers of the delivery are not a list of [name, value]'],
    ['with a header of three', delivery({ headers: [['a', 'b', 'c']] }), 'the headers of the delivery are not a list of [name, value]'],
    ['without a body', delivery({ body: undefined }), 'the delivery has neither body nor bodyBase64'],
    ['with a body that is no base64', delivery({ body: undefined, bodyBase64: '*' }), 'the delivery has neither body nor bodyBase64'],
  ])('tells of a record %s, and reads the others', (_what, record, message) => {
    const { entries, problems } = readDocument('a.jsonl', bytes(lines(delivery(), record, delivery({ id: 'd3' }))));
    expect(entries.map(({ name }) => name)).toEqual(['d1', 'd3']);
    expect(problems).toMatchObject([{ line: 2, column: 1, finding: { severity: 'error', rule: 'not-record', message } }]);
  });

  it('tells of a record that was cut off, and reads the others', () => {
    const { entries, problems } = readDocument('a.jsonl', bytes(lines(delivery()) + JSON.stringify(delivery()).slice(0, 150)));
    expect(entries.map(({ name }) => name)).toEqual(['d1']);
    expect(problems).toMatchObject([{ line: 2, finding: { rule: 'not-record', message: expect.stringMatching(/^not JSON: /) as string } }]);
  });
});
