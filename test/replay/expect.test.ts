import { describe, expect, it } from 'vitest';
import { DEFAULT_EXPECTATIONS, type Facts, judge, readExpectation, withDefaults } from '../../src/replay/expect.ts';

const facts = (
  more: { status?: number; ms?: number; body?: string; headers?: Facts['headers']; calls?: number; error?: string } = {},
): Facts => ({
  outcome: {
    delivery: 'd1',
    endpoint: 'http://127.0.0.1:3000/',
    ms: more.ms ?? 12,
    ...(more.error === undefined
      ? { kind: 'answered' as const, status: more.status ?? 200, answer: { bytes: new Uint8Array(), cut: false } }
      : { kind: 'failed' as const, error: more.error, cause: 'timeout' as const }),
  },
  headers: more.headers ?? {},
  body: new TextEncoder().encode(more.body ?? ''),
  calls: more.calls,
});

describe('an expectation', () => {
  it.each([
    ['status=200', {}, undefined],
    ['status=200', { status: 500 }, 'status 500 instead of 200'],
    ['status=2xx', { status: 204 }, undefined],
    ['status = 200, 404,3XX', { status: 302 }, undefined],
    ['status=200,404', { status: 302 }, 'status 302 instead of 200,404'],
    ['status!=5xx', { status: 502 }, 'status 502 instead of !=5xx'],
    ['status<300', { status: 300 }, 'status 300 instead of <300'],
    ['status>=300', { status: 300 }, undefined],
    ['status~^2', { status: 201 }, undefined],
    ['time<2s', { ms: 1999 }, undefined],
    ['time<2s', { ms: 2340 }, 'answered after 2.34 s'],
    ['time >= 500ms', { ms: 12.34 }, 'answered after 12.3 ms'],
    ['body.ok=true', { body: '{"ok":true}' }, undefined],
    ['body.ok=true', { body: '{"ok":"true"}' }, 'body.ok is "true"'],
    ['body.ok="true"', { body: '{"ok":"true"}' }, undefined],
    ['body.ok=true', { body: '{}' }, 'body.ok is missing'],
    ['body.ok!=true', { body: '{}' }, undefined],
    ['body.ok=true', { body: 'fine' }, 'the answer is not JSON'],
    ['body.a.b[1]["odd \\"key\\""]=3', { body: '{"a":{"b":[0,{"odd \\"key\\"":3}]}}' }, undefined],
    ['body.a={"x":1,"y":[2]}', { body: '{"a":{"y":[2],"x":1}}' }, undefined],
    ['body.a=[1,2]', { body: '{"a":[1]}' }, 'body.a is [1]'],
    ['body.n>3', { body: '{"n":4}' }, undefined],
    ['body.n>3', { body: '{"n":"4"}' }, 'body.n is "4"'],
    ['body.name=ann', { body: '{"name":"ann"}' }, undefined],
    ['body.name~^a.n$', { body: '{"name":"ann"}' }, undefined],
    ['body.constructor!=null', { body: '{}' }, undefined],
    ['body.__proto__=1', { body: '{}' }, 'body.__proto__ is missing'],
    ['body=ok', { body: 'ok' }, undefined],
    ['body~^o', { body: 'no' }, 'body is "no"'],
    ['body=', { body: '' }, undefined],
    ['header.X-Id=7', { headers: { 'x-id': '7' } }, undefined],
    ['header.x-id=7', { headers: {} }, 'header x-id is missing'],
    ['header.x-id!=7', { headers: {} }, undefined],
    ['header.set-cookie~b=2', { headers: { 'set-cookie': ['a=1', 'b=2'] } }, undefined],
    ['header.retry-after<=30', { headers: { 'retry-after': '31' } }, 'header retry-after is "31"'],
    ['calls=1', { calls: 1 }, undefined],
    ['calls=1', { calls: 2 }, '2 calls'],
    ['calls<=1', { calls: 0 }, undefined],
    ['calls=1', {}, 'calls are not counted'],
  ] as [string, Parameters<typeof facts>[0], string | undefined][])('%s of %j: %s', (text, more, found) => {
    expect(readExpectation(text).judge(facts(more))).toBe(found);
  });

  it.each([
    ['', 1, 'one of status, time, body, header, calls is expected'],
    ['stauts=200', 1, 'there is no stauts; did you mean status?'],
    ['status', 7, 'one of = != < <= > >= ~ is expected'],
    ['status=', 8, 'a value is expected'],
    ['status=200,2x', 12, 'a status such as 200 or 2xx is expected'],
    ['status<2xx', 8, 'a number such as 300 is expected'],
    ['time<2', 6, 'a duration such as 500ms or 2s is expected'],
    ['time~2s', 6, 'a time has no pattern'],
    ['  time ok', 7, 'one of = != < <= > >= ~ is expected'],
    ['body.=1', 6, 'the name of a member is expected'],
    ['body[x]=1', 6, 'a number or a quoted name in brackets is expected'],
    ['body["\\x"]=1', 6, 'the quoted name is no JSON string'],
    ['body.a>b', 8, 'a number is expected'],
    ['body.a~(', 8, 'Invalid regular expression'],
    ['header=1', 7, 'the name of a header is expected: header.x-id'],
    ['calls=many', 7, 'a whole number is expected'],
  ])('%j cannot be read at column %i: %s', (text, column, says) => {
    expect(() => readExpectation(text)).toThrow(`${JSON.stringify(text)} cannot be read at column ${column}: ${says}`);
  });
});

describe('what is expected', () => {
  it('is 2xx within 5 s where nothing is said', () => {
    expect(judge([], facts())).toEqual([]);
    expect(judge([], facts({ status: 500, ms: 6000 }))).toEqual([
      { expected: 'status=2xx', found: 'status 500 instead of 2xx' },
      { expected: 'time<=5s', found: 'answered after 6 s' },
    ]);
  });

  it('is not both what was asked for and the default about the same', () => {
    const all = withDefaults([readExpectation('status=404')]);
    expect(all.map(({ text }) => text)).toEqual(['status=404', 'time<=5s']);
    expect(judge([], facts({ status: 404 }), all)).toEqual([]);
    expect(judge([readExpectation('status=500')], facts({ status: 500 }), all)).toEqual([]);
    expect(withDefaults([])).toBe(DEFAULT_EXPECTATIONS);
  });

  it('is said once where there is no answer', () => {
    const all = withDefaults([readExpectation('body.ok=true'), readExpectation('status=201')]);
    expect(judge([], facts({ error: 'no answer within 30 s' }), all)).toEqual([{ expected: 'status=201', found: 'no answer within 30 s' }]);
  });
});
