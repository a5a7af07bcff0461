import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { validate } from '../../src/index.ts';
import { main } from '../../src/main.ts';
import { CHECK_RULES } from '../../src/replay/check.ts';
import { changesBy, ownWithStatus, pictureOf, shipmentFor, textBy } from '../../src/replay/check-events.ts';
import { CHECK_RULE_NAMES, type CheckRule } from '../../src/replay/check-rules.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type Hook, newText, sendText, startHandler } from '../support/handler.ts';
import { expectHarmless, expectNoTrace, NASTY } from '../support/harmless.ts';
import { closedPort, takePort } from '../support/http.ts';
import { checkedRecords } from '../support/records.ts';
import { jumpingClock } from '../support/run.ts';
import { run, testRuntime } from '../support/runtime.ts';
import { readMap } from '../support/samples.ts';

const messages = readMap('samples', 'messages.json');
const EVENTS = { hello: messages['text received'], own: messages['text sent by the api'], image: messages['image received'] };

/** A folder with a few events. */
const project = (events: unknown = EVENTS): string => temporaryFolder({ 'events.json': JSON.stringify(events) });

interface Rule {
  readonly rule: CheckRule;
  readonly status: string;
  readonly note?: string;
  readonly findings?: readonly { readonly message: string; readonly again: string }[];
}

type Options = Parameters<typeof run>[1];

const check = async (
  url: string,
  flags: readonly string[] = [],
  options: Options = {},
): Promise<{ code: number; rules: Map<string, Rule>; stderr: string }> => {
  const args = ['replay', '--check', 'events.json', '--to', url, '--settle', '30ms', '--json', ...flags];
  const { code, stdout, stderr } = await run(args, { cwd: project(), ...options });
  const rules = checkedRecords(stdout).filter(({ type }) => type === 'rule') as unknown as Rule[]; // the schema has said so
  return { code, stderr, rules: new Map(rules.map((one) => [one.rule, one])) };
};

/** Time that passes as soon as everything else has had its turn, for handlers that are waited for in vain. */
const hurried = (): Options => ({ after: jumpingClock().after });

const ok = ({ response }: Hook): void => void response.end('ok');

/** A handler that answers each text once, through the API at a port on which nothing listens yet. */
const startAnswering = async (): Promise<{ url: string; apiPort: number }> => {
  const apiPort = await closedPort();
  const seen = new Set<string>();
  const { url } = await startHandler((hook) => {
    ok(hook);
    const text = newText(seen, hook);
    if (text !== undefined) void sendText(apiPort, text.chat_id, text.id);
  });
  return { url, apiPort };
};

describe('what replay --check cannot check', () => {
  it('is said, and is not called passed: without --api-port and --probe nobody knows what the handler does', async () => {
    const { url } = await startHandler(ok);
    const { code, rules } = await check(url, [], hurried());
    expect(code).toBe(0);
    for (const rule of ['duplicates', 'at-once', 'own-messages', 'answers-first'])
      expect(rules.get(rule)).toMatchObject({ status: 'unchecked', note: expect.stringMatching(/--api-port/) as string });
    expect(rules.get('secret')).toMatchObject({ status: 'unchecked', note: expect.stringMatching(/--secret-header/) as string });
    const passed = [...rules.values()].filter(({ status }) => status === 'passed').map(({ rule }) => rule);
    expect(passed).toEqual(['modes', 'verbs', 'answers', 'in-time', 'any-type', 'out-of-order', 'large-body', 'cut-connection', 'alive']);
  });

  it('is said where the handler makes no call', async () => {
    const { url } = await startHandler(ok);
    const { rules } = await check(url, ['--api-port', '0', '--rule', 'duplicates,own-messages'], hurried());
    for (const rule of ['duplicates', 'own-messages'])
      expect(rules.get(rule)).toMatchObject({ status: 'unchecked', note: expect.stringMatching(/made no call to http:\/\/127/) as string });
  });

  it('is said where the calls of the handler are refused', async () => {
    const apiPort = await closedPort();
    const { url } = await startHandler((hook) => {
      void sendText(apiPort, '99900011122', undefined, 'none').then(() => ok(hook));
    });
    const { rules } = await check(url, ['--api-port', String(apiPort), '--rule', 'duplicates'], hurried());
    expect(rules.get('duplicates')).toMatchObject({
      status: 'unchecked',
      note: expect.stringMatching(/401 POST \/messages\/text/) as string,
    });
  });

  it('stands in the verdict for people', async () => {
    const { url } = await startHandler(ok);
    const { stdout } = await run(['replay', '--check', 'events.json', '--to', url, '--rule', 'modes,secret'], { cwd: project() });
    expect(stdout).toBe(
      [
        'unchecked  secret           refuses what comes without the secret: it needs --secret-header: which header is the secret in?',
        'passed     modes            takes the addresses of all three modes: modes body, path, method',
        '2 rules: 1 passed, 1 not checked',
        '',
      ].join('\n'),
    );
  });
});

describe('replay --check finds', () => {
  const cases: readonly [name: string, rule: CheckRule, answer: (hook: Hook) => void, message: RegExp][] = [
    [
      'a handler that knows its own address only',
      'modes',
      ({ url, response }) => void response.writeHead(url === '/hook' ? 200 : 404).end(),
      /mode path, POST …\/messages\/post: status 404/,
    ],
    [
      'a body parser with the usual limit',
      'large-body',
      ({ size, response }) => void response.writeHead(size > 100_000 ? 413 : 200).end(),
      /preview of 300 kB: status 413/,
    ],
    ['a handler that fails always', 'answers', ({ response }) => void response.writeHead(500).end(), /status 500/],
    ['a handler that redirects', 'answers', ({ response }) => void response.writeHead(302, { location: '/' }).end(), /status 302/],
    [
      'a status that needs its message',
      'out-of-order',
      ({ payload, response }) => void response.writeHead(payload.statuses === undefined ? 200 : 500).end(),
      /a status that comes before its message: status 500/,
    ],
    [
      'a type that is answered with 500',
      'any-type',
      ({ payload, response }) => void response.writeHead(payload.messages?.[0]?.type === 'hologram' ? 500 : 200).end(),
      /type hologram.*: status 500/,
    ],
    [
      'a type of the source that is answered with 400',
      'any-type',
      ({ payload, response }) => void response.writeHead(payload.messages?.[0]?.type === 'image' ? 400 : 200).end(),
      /messages.post image: status 400/,
    ],
    [
      'a connection that is closed without an answer',
      'any-type',
      ({ payload, response }) => void (payload.messages?.[0]?.type === 'hologram' ? response.destroy() : response.end()),
      /type hologram/,
    ],
  ];
  it.each(cases)('%s (rule %s)', async (_name, rule, answer, message) => {
    const { url } = await startHandler(answer);
    const { code, rules } = await check(url, ['--rule', rule], hurried());
    expect(code).toBe(1);
    expect(
      rules
        .get(rule)
        ?.findings?.map((one) => one.message)
        .join('\n'),
    ).toMatch(message);
  });

  it('the same in colour', async () => {
    const { url } = await startHandler(({ response }) => void response.writeHead(500).end());
    const args = ['replay', '--check', 'events.json', '--to', url, '--settle', '30ms', '--rule', 'answers'];
    const said = async (...flags: string[]): Promise<string> => (await run([...flags, ...args], { cwd: project(), ...hurried() })).stdout;
    const coloured = await said('--color', 'always');
    expect(coloured).toContain('\u001b[31mfound');
    expect(stripVTControlCharacters(coloured)).toBe(await said());
  });

  it('an answer that does not come', async () => {
    const { url } = await startHandler(({ payload, response }) => void (payload.messages?.[0]?.type === 'image' || response.end()));
    const { code, rules } = await check(url, ['--rule', 'answers,in-time', '--timeout', '150ms'], hurried());
    expect(code).toBe(1);
    expect(rules.get('in-time')?.findings?.[0]?.message).toMatch(/^messages.post image: no answer within/);
  });

  it('a handler that is gone: whatever it took before is not to blame', async () => {
    const handler = await startHandler((hook) => {
      ok(hook);
      if (handler.hooks.length === 6) void handler.close();
    });
    const { code, rules } = await check(handler.url, ['--mode', 'body'], hurried());
    expect(code).toBe(1);
    const found = [...rules.values()].filter(({ status }) => status === 'found');
    expect(found.map(({ rule }) => rule)).toEqual([expect.stringMatching(/alive|any-type/)]);
    expect(found[0]?.findings?.[0]?.message).toMatch(/the handler was gone/);
    expect([...rules.values()].filter(({ note }) => note?.includes('the check ended before it') === true).length).toBeGreaterThan(3);
  });

  it('work on a delivery of which only half came', async () => {
    const apiPort = await closedPort();
    // It acts as soon as a request begins.
    const { url } = await startHandler(ok, () => void sendText(apiPort, '99900011122'));
    const { rules } = await check(url, ['--api-port', String(apiPort), '--rule', 'cut-connection']);
    expect(rules.get('cut-connection')?.findings?.[0]?.message).toMatch(/sent whole after it was cut: 2 API calls instead of 1/);
  });

  it('a message that is passed over because it is older than the one before', async () => {
    const apiPort = await closedPort();
    const latest = new Map<string, number>();
    const { url } = await startHandler((hook) => {
      ok(hook);
      const [message] = hook.payload.messages ?? [];
      if (message === undefined || message.from_me || message.timestamp < (latest.get(message.chat_id) ?? 0)) return;
      latest.set(message.chat_id, message.timestamp);
      void sendText(apiPort, message.chat_id, message.id);
    });
    const { rules } = await check(url, ['--api-port', String(apiPort), '--rule', 'out-of-order']);
    expect(rules.get('out-of-order')?.findings?.[0]?.message).toMatch(/a minute older than the one before: it did not act on it/);
  });

  it('what differs between two answers worth a remark alone', async () => {
    const apiPort = await closedPort();
    const seen = new Set<string>();
    const { url } = await startHandler((hook) => {
      const text = newText(seen, hook);
      hook.response.end(text === undefined ? 'seen' : 'new');
      if (text !== undefined) void sendText(apiPort, text.chat_id, text.id);
    });
    const { code, stdout } = await run(
      ['replay', '--check', 'events.json', '--to', url, '--api-port', String(apiPort), '--rule', 'duplicates', '--settle', '30ms'],
      { cwd: project() },
    );
    expect(stdout).toMatch(/passed {5}duplicates[\s\S]*remark {5}messages.post text: the second delivery was answered differently/);
    expect(code).toBe(0);
  });

  it('the same again with the command it names, and that rule alone', async () => {
    const apiPort = await closedPort();
    const { url } = await startHandler((hook) => {
      ok(hook);
      const text = newText(new Set(), hook);
      if (text !== undefined) void sendText(apiPort, text.chat_id, text.id);
    });
    const cwd = project();
    const first = await check(
      url,
      ['--api-port', String(apiPort), '--secret-header', 'X-Secret: s3cret', '-H', 'Authorization: Bearer t0ken'],
      { cwd },
    );
    const again = first.rules.get('duplicates')?.findings?.[0]?.again ?? '';
    expect(again).toBe(
      `whapi-hooks replay --check --rule duplicates 'events.json#hello' --to ${url} --api-port ${apiPort} --settle 30ms -H 'Authorization: …' --secret-header X-Secret`.replace(
        "'events.json#hello'",
        'events.json#hello',
      ),
    );
    const words = again.split(' ').slice(1);
    const header = words.indexOf('-H');
    words.splice(header, 3);
    const second = await run(words, { cwd, env: { WHAPI_HOOKS_SECRET: 's3cret' } });
    expect(second.stdout).toMatch(/^found {6}duplicates/);
    expect(second.stdout).toMatch(/1 rule: 0 passed, 1 found wanting\n$/);
    expect(second.code).toBe(1);
  });
});

describe('a probe of replay --check', () => {
  /** A handler that counts the texts it took, and tells the number at its address plus /count. */
  const counting = async (unique: boolean): Promise<{ url: string; probe: string }> => {
    const seen = new Set<string>();
    let count = 0;
    const { url } = await startHandler((hook) => {
      ok(hook);
      if (newText(unique ? seen : new Set(), hook) !== undefined) count++;
    });
    const server = createServer((_request, response) => void response.end(String(count)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { url, probe: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  };

  it('shows a handler that acts twice', async () => {
    const { url, probe } = await counting(false);
    const { code, rules } = await check(url, ['--probe', probe, '--rule', 'duplicates,at-once']);
    expect(code).toBe(1);
    expect(rules.get('duplicates')?.findings?.[0]?.message).toMatch(/the probe said "\d+" before the same came again, and "\d+" after it/);
  });

  it('shows that another does not, also with two copies at once; what it cannot show is said', async () => {
    const { url, probe } = await counting(true);
    const { code, rules } = await check(url, ['--probe', probe, '--rule', 'duplicates,at-once,own-messages,answers-first']);
    expect(code).toBe(0);
    expect(['duplicates', 'at-once', 'own-messages', 'answers-first'].map((rule) => rules.get(rule)?.status)).toEqual([
      'passed',
      'passed',
      'unchecked',
      'unchecked',
    ]);
  });

  it('may be a command; a value that is no number tells nothing of two copies at once', async () => {
    const cwd = project();
    writeFileSync(join(cwd, 'log.txt'), '');
    const seen = new Set<string>();
    const { url } = await startHandler((hook) => {
      const text = newText(seen, hook);
      if (text !== undefined) appendFileSync(join(cwd, 'log.txt'), `${text.id}\n`);
      ok(hook);
    });
    const probe = `${process.execPath} -p "require('fs').readFileSync('log.txt','utf8')"`;
    const { rules } = await check(url, ['--probe', probe, '--rule', 'duplicates,at-once'], { cwd });
    expect(rules.get('duplicates')?.status).toBe('passed');
    expect(rules.get('at-once')).toMatchObject({ status: 'unchecked', note: 'the value of the probe is no number' });
  });

  it('that cannot be read ends the check with 3', async () => {
    const { url } = await startHandler(ok);
    const { code, stderr } = await check(url, ['--probe', 'no-such-command-here --count'], hurried());
    expect([code, stderr]).toEqual([3, expect.stringMatching(/The probe no-such-command-here cannot be read: there is no such file/)]);
  });
});

describe('replay --check', () => {
  it('ends with 3 where nothing can be reached', async () => {
    const { code, stderr, rules } = await check(`http://127.0.0.1:${await closedPort()}`, ['--api-port', '0']);
    expect([code, rules.size]).toEqual([3, 0]);
    expect(stderr).toMatch(/Nothing could be reached at .*connection refused/);
  });

  it('ends with 3 where the port of the API is taken, and sends nothing', async () => {
    const { url, hooks } = await startHandler(ok);
    const { code, stderr } = await check(url, ['--api-port', String(await takePort())]);
    expect([code, stderr]).toEqual([3, expect.stringMatching(/the port is taken/)]);
    expect(hooks).toEqual([]);
  });

  it.each([
    [['--repeat', '2'], /--repeat cannot be used with --check/],
    [['--duplicate', '10%'], /--duplicate cannot/],
    [['--dry-run'], /--dry-run cannot/],
    [['--expect', 'status=200'], /--expect cannot/],
    [['--check-idempotent'], /--check-idempotent cannot/],
    [['--rule', 'duplicate'], /Did you mean duplicates/],
    [['--api-port', '70000'], /from 0 to 65535/],
    [['--probe', '"'], /the quote " is not closed/],
  ] as const)('is called wrongly with %j', async (flags, message) => {
    const { url, hooks } = await startHandler(ok);
    const { code, stderr } = await check(url, flags);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(hooks).toEqual([]);
  });

  it('sends in the mode that is asked for alone', async () => {
    const { url, hooks } = await startHandler(ok);
    const { rules } = await check(url, ['--mode', 'path', '--rule', 'modes,verbs,answers'], hurried());
    expect(new Set(hooks.map((hook) => `${hook.method} ${hook.url}`))).toEqual(new Set(['POST /hook/messages/post']));
    expect(rules.get('verbs')).toMatchObject({ status: 'unchecked', note: 'mode path uses POST alone' });
  });

  it('sends every event with new ids, so that a second check sees as much as the first', async () => {
    const { url, apiPort } = await startAnswering();
    for (const id of ['a1', 'b2']) {
      const runtime = { ...testRuntime({ cwd: project() }), id: () => id };
      const code = await main(
        ['replay', '--check', 'events.json', '--to', url, '--api-port', String(apiPort), '--rule', 'duplicates', '--settle', '30ms'],
        runtime,
      );
      expect([code, runtime.stdout.text]).toEqual([0, expect.stringMatching(/1 rule: 1 passed/)]);
    }
  });

  it('leaves nothing behind that the process would wait for', async () => {
    const { url, apiPort } = await startAnswering();
    const timers = new Set<NodeJS.Timeout>();
    const after = (ms: number, action: () => void): (() => void) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        action();
      }, ms);
      timers.add(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer);
      };
    };
    const { code } = await check(url, ['--api-port', String(apiPort), '--rule', 'answers-first,at-once'], { after });
    expect([code, timers.size]).toEqual([0, 0]);
  });

  it('ends with 1 when it is stopped, and says what it did not get to', async () => {
    const runtime = testRuntime({ cwd: project() });
    const { url } = await startHandler((hook) => {
      ok(hook);
      runtime.stop();
    });
    const code = await main(['replay', '--check', 'events.json', '--to', url], runtime);
    expect(code).toBe(1);
    expect(runtime.stdout.text).toMatch(/the check ended before it: it was stopped/);
    expect(runtime.stdout.text).toMatch(/14 rules: 0 passed, 14 not checked; the check ended early: it was stopped\n$/);
  });

  it.each([1, 3])('leaves delivery %i, which is never answered, when it is stopped', async (last) => {
    const runtime = testRuntime({ cwd: project() });
    const { url, hooks } = await startHandler((hook) => (hooks.length === last ? runtime.stop() : ok(hook)));
    const begun = performance.now();
    expect(await main(['replay', '--check', 'events.json', '--to', url], runtime)).toBe(1);
    // The 10 s that a handler has are not waited for.
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(hooks).toHaveLength(last);
    expect(runtime.stdout.text).toMatch(/the check ended early: it was stopped\n$/);
  });

  it('makes names harmless, and never tells the secret', async () => {
    const { url } = await startHandler(({ response }) => void response.writeHead(500).end(NASTY));
    const cwd = project({ [NASTY]: EVENTS.hello });
    const flags = ['--secret-header', 'X-Secret: s3cret', '-H', 'X-Other: hidden'];
    const { stdout, stderr } = await run(['replay', '--check', 'events.json', '--to', url, ...flags], { cwd, ...hurried() });
    expect(stdout).toMatch(/found {6}answers/);
    expectHarmless(stdout + stderr);
    expectNoTrace(stdout + stderr);
    expect(stdout + stderr).not.toMatch(/s3cret|hidden/);
  });

  it('leaves out what is no JSON object, and says so', async () => {
    const { url } = await startHandler(ok);
    const cwd = temporaryFolder({
      'events.json': JSON.stringify(EVENTS.hello),
      'list.jsonl': '{"v":1,"type":"delivery","id":"d1","method":"POST","url":"/","headers":[],"body":"nonsense"}\n',
    });
    const { stderr } = await run(['replay', '--check', 'events.json', 'list.jsonl', '--to', url, '--rule', 'modes'], { cwd });
    expect(stderr).toMatch(/1 payload left out/);
  });

  it('sends what fits the schemas, wherever it makes up an event itself', () => {
    const base = textBy([]);
    const { message, status } = ownWithStatus(base);
    for (const specimen of [base, message, status, pictureOf(base, false), ...changesBy(base)]) {
      const { body } = shipmentFor(specimen, 'body', 'd1');
      expect([specimen.origin, validate(JSON.parse(Buffer.from(body).toString())).findings]).toEqual([specimen.origin, []]);
    }
  });

  it.each(CHECK_RULE_NAMES)('says of %s what is right, why, and how to get there', (rule) => {
    const { sentence, why, fix } = CHECK_RULES[rule];
    expect(sentence).toMatch(/^[a-z].*[^.]$/);
    for (const text of [why, fix]) expect(text).toMatch(/^[A-Z].*[.]$/);
  });
});
