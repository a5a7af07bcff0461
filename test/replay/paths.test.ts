import { describe, expect, it } from 'vitest';
import { PathError, pathText, readPath, readTyped, valueAtPath, withoutValue, withValue } from '../../src/replay/paths.ts';

const PAYLOAD = {
  messages: [{ id: 'a', text: { body: 'hi' }, from: null, 'odd.name': 1 }, { id: 'b' }],
  channel_id: 'MANTIS-7QX2K',
};

const problemOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof PathError) return error.message;
    throw error;
  }
  return 'no problem';
};

describe('a path', () => {
  it.each([
    ['channel_id', ['channel_id']],
    ['messages[0].text.body', ['messages', 0, 'text', 'body']],
    ['messages[0]["odd.name"]', ['messages', 0, 'odd.name']],
    ['a-b.c d', ['a-b', 'c d']],
    ['[0]', [0]],
  ])('%s is read, and written the same way', (text, path) => {
    expect(readPath(text)).toEqual(path);
    expect(pathText(path)).toBe(text);
  });

  it.each([
    ['', 'a path is missing: it is written messages[0].text.body'],
    [
      'messages[x]',
      'messages[x] cannot be read at character 10: a number or a quoted name in brackets is expected; a path is written messages[0].text.body',
    ],
    [
      'messages[-1]',
      'messages[-1] cannot be read at character 10: a number or a quoted name in brackets is expected; a path is written messages[0].text.body',
    ],
    ['a]', 'a] cannot be read at character 2: nothing of a path begins here; a path is written messages[0].text.body'],
    [
      'messages..id',
      'messages..id cannot be read at character 10: the name of a member is expected; a path is written messages[0].text.body',
    ],
    ['messages.', 'messages. cannot be read at character 9: the name of a member is expected; a path is written messages[0].text.body'],
    [
      'a["b',
      'a["b cannot be read at character 3: a number or a quoted name in brackets is expected; a path is written messages[0].text.body',
    ],
    ['a["\\q"]', 'a["\\q"] cannot be read at character 3: the quoted name is no JSON string; a path is written messages[0].text.body'],
    ['__proto__.x', '__proto__.x leads to __proto__, which no payload may have'],
    ['a["constructor"]', 'a["constructor"] leads to constructor, which no payload may have'],
    ['a.prototype', 'a.prototype leads to prototype, which no payload may have'],
  ])('%j is refused: %s', (text, message) => {
    expect(problemOf(() => readPath(text))).toBe(message);
  });
});

describe('a place in a payload', () => {
  it.each([
    ['messages[0].text.body', 'hi'],
    ['messages[1].id', 'b'],
    ['messages[0]["odd.name"]', 1],
    ['messages[0].from', null],
  ])('%s holds %j', (path, value) => {
    expect(valueAtPath(PAYLOAD, readPath(path))).toBe(value);
  });

  it.each([
    ['mesages[0].id', 'the payload has no member mesages; did you mean messages?'],
    ['messages[2].id', 'messages has 2 items, none at [2]'],
    ['messages.id', 'messages is a list of 2 items; its members are named [0], [1], …'],
    ['messages[0].txt.body', 'messages[0] has no member txt; did you mean text?'],
    ['messages[0].image.caption', 'messages[0] has no member image; it has id, text, from, odd.name'],
    ['messages[0].text.body.x', 'messages[0].text.body is a string and has nothing inside'],
    ['messages[0].from.x', 'messages[0].from is null and has nothing inside'],
    ['messages[0][0].x', 'messages[0] is an object, no list: it has no [0]'],
    ['messages[0].toString.x', 'messages[0] has no member toString; it has id, text, from, odd.name'],
  ])('%s is not there: the deepest part that exists is named', (path, message) => {
    const parts = readPath(path);
    expect(problemOf(() => valueAtPath(PAYLOAD, parts))).toBe(message);
    expect(problemOf(() => withValue(PAYLOAD, parts, 1))).toBe(message);
    expect(problemOf(() => withoutValue(PAYLOAD, parts))).toBe(message);
  });

  it.each([
    ['messages[0].text.body', 'new'],
    ['messages[0].starred', true],
    ['messages[2]', { id: 'c' }],
    ['messages[1]', null],
    ['new', []],
  ])('%s is changed or added in a copy', (path, value) => {
    const parts = readPath(path);
    const before = structuredClone(PAYLOAD);
    expect(valueAtPath(withValue(PAYLOAD, parts, value), parts)).toEqual(value);
    expect(PAYLOAD).toEqual(before);
  });

  it('is not made where a list has a gap before it', () => {
    expect(problemOf(() => withValue(PAYLOAD, readPath('messages[3]'), {}))).toBe('messages has 2 items, none at [3]');
  });

  it('is taken away from a copy: a member, an item', () => {
    const before = structuredClone(PAYLOAD);
    expect(withoutValue(PAYLOAD, readPath('messages[0].text.body'))).toMatchObject({ messages: [{ text: {} }, { id: 'b' }] });
    expect(withoutValue(PAYLOAD, readPath('messages[0]'))).toEqual({ ...PAYLOAD, messages: [{ id: 'b' }] });
    expect(PAYLOAD).toEqual(before);
    expect(problemOf(() => withoutValue(PAYLOAD, readPath('messages[0].starred')))).toMatch(/^messages\[0\] has no member starred/);
  });
});

it.each([
  ['1', 1],
  ['-1.5e3', -1500],
  ['true', true],
  ['false', false],
  ['null', null],
  ['', ''],
  ['007', '007'],
  ['+1', '+1'],
  ['1.', '1.'],
  ['{"a":1}', '{"a":1}'],
  ['True', 'True'],
  [' 1', ' 1'],
  ['NaN', 'NaN'],
])('%j is typed as %j', (text, value) => {
  expect(readTyped(text)).toBe(value);
});
