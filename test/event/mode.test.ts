/** The three delivery modes: what a request line says, and how a payload goes from one mode to another (CONTRACT.md section 2). */
import { describe, expect, it } from 'vitest';
import { children, inMode, lineOfUrl, MODES, pathOf, readLine, requestLine, wordsBelow } from '../../src/event/mode.ts';
import { EVENT_NAMES, type EventName } from '../../src/event/name.ts';

/** The examples of CONTRACT.md section 2: event → the requests for `https://h.example/hook`. */
const TABLE: [event: EventName, body: string, path: string, method: string][] = [
  ['messages.post', 'POST /hook', 'POST /hook/messages/post', 'POST /hook/messages'],
  ['messages.patch', 'POST /hook', 'POST /hook/messages/patch', 'PATCH /hook/messages'],
  ['groups.put', 'POST /hook', 'POST /hook/groups/put', 'PUT /hook/groups'],
  ['users.delete', 'POST /hook', 'POST /hook/users/delete', 'DELETE /hook/users'],
  ['channel.patch', 'POST /hook', 'POST /hook/channel/patch', 'PATCH /hook/channel'],
];
const examples = TABLE.flatMap(([event, ...lines]) =>
  MODES.map((mode) => [event, mode, lines[['body', 'path', 'method'].indexOf(mode)] ?? ''] as const),
);

describe('a request line', () => {
  it.each(examples)('of %s in mode %s is %s', (event, mode, line) => {
    const { method, suffix } = requestLine(event, mode);
    expect(`${method} /hook${suffix}`).toBe(line);
  });

  it.each(examples)('tells the event %s in mode %s back: %s', (event, mode, line) => {
    const [verb = '', url = ''] = line.split(' ');
    const [category, method] = event.split('.');
    const read = readLine(verb, wordsBelow('/hook', url) ?? ['elsewhere', 'x']);
    expect(read).toEqual({ mode, line: mode === 'body' ? undefined : { category, method } });
    expect(lineOfUrl(verb, url)).toEqual(read.line);
  });

  it('comes back for every event and mode', () => {
    for (const name of EVENT_NAMES) {
      for (const mode of MODES) {
        const { method, suffix } = requestLine(name, mode);
        const { mode: read, line } = readLine(method, wordsBelow('/', suffix === '' ? '/' : suffix) ?? []);
        expect([read, line && `${line.category}.${line.method}`]).toEqual([mode, mode === 'body' ? undefined : name]);
      }
    }
  });

  it('of words that are no event is a mode all the same', () => {
    expect(readLine('POST', ['foo'])).toEqual({ mode: 'method', line: { category: 'foo', method: 'post' } });
    expect(readLine('DELETE', ['foo', 'BAR'])).toEqual({ mode: 'path', line: { category: 'foo', method: 'BAR' } });
  });
});

describe('the path of a url', () => {
  it.each([
    ['/', '/'],
    ['/hook?a=/b', '/hook'],
    ['/hook#a', '/hook'],
    ['?a', ''],
    ['/a%20b/c', '/a%20b/c'],
  ])('%s is %s', (url, path) => {
    expect(pathOf(url)).toBe(path);
  });
});

describe('the words below a path', () => {
  it.each<[path: string, url: string, words: string[] | undefined]>([
    ['/', '/', []],
    ['/', '/messages', ['messages']],
    ['/', '/messages/post', ['messages', 'post']],
    ['/', '/messages/post?secret=a/b', ['messages', 'post']],
    ['/', '//messages//post//', ['messages', 'post']],
    ['/', '/a/b/c', undefined],
    ['/', '', undefined],
    ['/', 'messages', undefined],
    ['/', '*', undefined],
    ['/', '/../messages', undefined],
    ['/', '/./messages', undefined],
    ['/hook', '/hook', []],
    ['/hook', '/hook/', []],
    ['/hook', '/hook?x', []],
    ['/hook', '/hook/messages', ['messages']],
    ['/hook', '/hook/messages/post/', ['messages', 'post']],
    ['/hook', '/hook/a/b/c', undefined],
    ['/hook', '/', undefined],
    ['/hook', '/hooks', undefined],
    ['/hook', '/hookmessages', undefined],
    ['/hook', '/other/messages', undefined],
    ['/hook', '/Hook', undefined],
    ['/a/b', '/a/b/messages/post', ['messages', 'post']],
    ['/a/b', '/a', undefined],
  ])('%s of %s are %j', (path, url, words) => {
    expect(wordsBelow(path, url)).toEqual(words);
  });
});

describe('a url whose agreed path is not known', () => {
  it.each<[verb: string, url: string, event: string | undefined]>([
    ['POST', '/messages', 'messages.post'],
    ['DELETE', '/a/b/c/messages/', 'messages.delete'],
    ['put', '/messages', 'messages.put'],
    ['POST', '/messages/patch', 'messages.patch'],
    ['POST', '/a/messages/patch?x=groups/put', 'messages.patch'],
    ['PUT', '/chats/messages', 'messages.put'],
    ['POST', '/message/post', 'message.post'],
    ['POST', 'http://h.example/hook/groups/put', 'groups.put'],
    ['POST', '/messages/foo', undefined],
    ['POST', '/foo/post', undefined],
    ['POST', '/Messages', undefined],
    ['POST', '/hook', undefined],
    ['POST', '/', undefined],
    ['POST', '', undefined],
  ])('%s %s says %s', (verb, url, event) => {
    const line = lineOfUrl(verb, url);
    expect(line && `${line.category}.${line.method}`).toBe(event);
  });
});

const EVENT = '"event":{"type":"groups","event":"put"}';

describe('a payload without its event', () => {
  it.each([
    ['first', `{${EVENT},"a":1}`, '{"a":1}'],
    ['last', `{"a":1,${EVENT}}`, '{"a":1}'],
    ['in the middle', `{"a":1,${EVENT},"b":2}`, '{"a":1,"b":2}'],
    ['alone', `{${EVENT}}`, '{}'],
    ['alone with room', `{ ${EVENT} }`, '{  }'],
    ['not there', '{"a":1}', '{"a":1}'],
    ['not there in an empty object', ' { } ', ' { } '],
    ['with odd white space', `\r\n{\t"a" :1 ,\n\t"event"\t: \n{ "type" : "x" } ,  "b"\n:2 }\n`, '\r\n{\t"a" :1 ,\n\t"b"\n:2 }\n'],
    ['last, over lines', '{\n  "a": 1,\n  "event": {}\n}\n', '{\n  "a": 1\n}\n'],
    ['first, over lines', '{\n  "event": {},\n  "a": 1\n}', '{\n  "a": 1\n}'],
    ['written with escapes', '{"\\u0065vent":1,"a":"\\u00e9\\/"}', '{"a":"\\u00e9\\/"}'],
    ['twice', `{${EVENT},"a":1,${EVENT}}`, '{"a":1}'],
    ['thrice in a row', '{"a":1,"event":1,"event":2,"event":3}', '{"a":1}'],
    ['nothing but', '{"event":1,"event":2}', '{}'],
    ['between duplicates', '{"a":1,"event":0,"a":2}', '{"a":1,"a":2}'],
    ['as a text with brackets in it', '{"event":"}],{\\"","a":"]"}', '{"a":"]"}'],
    ['as a number', '{"event":-1.5e3,"a":1}', '{"a":1}'],
    ['deeper only', `{"messages":[{${EVENT}}],"x":{"event":1}}`, `{"messages":[{${EVENT}}],"x":{"event":1}}`],
    ['beside big numbers', `{"mute_until":18446744073709552000.0,"n":1E400,${EVENT}}`, '{"mute_until":18446744073709552000.0,"n":1E400}'],
    ['behind a byte order mark', `\ufeff{${EVENT},"a":1}`, '\ufeff{"a":1}'],
    ['beside the other spellings', '{"Event":1,"events":2,"event":3,"even":4}', '{"Event":1,"events":2,"even":4}'],
  ])('that was %s keeps every other character', (_where, text, without) => {
    expect(inMode(text, 'groups.put', 'path')).toBe(without);
    expect(inMode(text, 'groups.put', 'method')).toBe(without);
  });

  it('of twenty thousand events takes no time worth mentioning', () => {
    expect(inMode(`{${Array(20_000).fill('"event":1').join(',')},"a":1}`, 'groups.put', 'path')).toBe('{"a":1}');
  });
});

describe('a payload with its event', () => {
  it.each([
    ['{"a":1}', `{"a":1,${EVENT}}`],
    ['{}', `{${EVENT}}`],
    [' { } ', ` {${EVENT} } `],
    ['{\n  "a": 1.0\n}\n', `{\n  "a": 1.0,${EVENT}\n}\n`],
    ['{"a":"}"}', `{"a":"}",${EVENT}}`],
    ['\ufeff{"a":[{}]}', `\ufeff{"a":[{}],${EVENT}}`],
    ['{"messages":[{"event":{}}]}', `{"messages":[{"event":{}}],${EVENT}}`],
    ['{"a":1,"a":2}', `{"a":1,"a":2,${EVENT}}`],
  ])('%j is %j', (text, withEvent) => {
    expect(inMode(text, 'groups.put', 'body')).toBe(withEvent);
    expect(inMode(withEvent, 'groups.put', 'path')).toBe(text);
  });

  it.each(['{"event":{"type":"message","method":"put"},"a":1}', '{"event":null}', '{"\\u0065vent":1}'])(
    'that is there already stays as it is: %j',
    (text) => {
      expect(inMode(text, 'groups.put', 'body')).toBe(text);
    },
  );
});

describe('the children of a text', () => {
  it('are ranges of it, with their keys as read', () => {
    const text = ' {"a\\n" : [1, {"x":"}"}] ,"b":"\\"" , "c":-1e5}';
    expect(children(text).map(({ key, start, valueStart, end }) => [key, text.slice(start, end), text.slice(valueStart, end)])).toEqual([
      ['a\n', '"a\\n" : [1, {"x":"}"}]', '[1, {"x":"}"}]'],
      ['b', '"b":"\\""', '"\\""'],
      ['c', '"c":-1e5', '-1e5'],
    ]);
  });

  it('of a list are its items', () => {
    const text = '[ {} ,null, "a,b" ,[[]] ]';
    expect(children(text).map(({ key, valueStart, end }) => [key, text.slice(valueStart, end)])).toEqual([
      ['0', '{}'],
      ['1', 'null'],
      ['2', '"a,b"'],
      ['3', '[[]]'],
    ]);
  });

  it.each(['{}', '[]', ' [ ] ', '"text"', '12', 'null'])('of %j are none', (text) => {
    expect(children(text)).toEqual([]);
  });
});
