import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { expectHarmless, expectNoTrace, NASTY } from '../support/harmless.ts';
import { send } from '../support/http.ts';
import { named, records, unnamed } from '../support/payloads.ts';
import { run, startListener } from '../support/runtime.ts';

const COMMANDS = ['listen', 'replay', 'validate', 'samples', 'schema'];
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ESCAPE = /\u001b\[/;

describe('usage errors', () => {
  it.each([
    [['lisen'], /unknown command 'lisen'[\s\S]*Did you mean listen\?/],
    [['help', 'lisen'], /Did you mean listen\?/],
    [['lisen', '--help'], /Did you mean listen\?/],
    [['--versoin'], /Did you mean --version\?/],
    [['listen', '--prot', '3'], /unknown option '--prot'[\s\S]*Did you mean --port\?/],
    [['replay', 'groups', '--tto', '3'], /Did you mean --to\?/],
    [['validate', '--strct'], /Did you mean --strict\?/],
    [['listen', 'somewhere'], /too many arguments/],
    [['listen', '--port'], /argument missing/],
    [['listen', '--port', 'http'], /A port is a number from 0 to 65535/],
    [['listen', '--port', '65536'], /A port is a number/],
    [['listen', '--port', '-1'], /A port is a number/],
    [['listen', '--port', '1e3'], /A port is a number/],
    [['listen', '--count', '0'], /a whole number from 1/],
    [['listen', '--count', '1.5'], /a whole number from 1/],
    [['listen', '--max-body', '25'], /25MB/],
    [['listen', '--max-body', '0B'], /25MB/],
    [['listen', '--max-body', '1GB'], /up to/],
    [['listen', '--timeout', '5'], /2s/],
    [['listen', '--timeout', '0s'], /2s/],
    [['listen', '--timeout', '25h'], /up to 24h/],
    [['listen', '--output', 'jsn'], /It is one of pretty, compact, json, quiet\. Did you mean json\?/],
    [['listen', '--path', 'hook'], /A path begins with \//],
    [['listen', '--path', '/a?b'], /A path begins with \//],
    [['listen', '--path', '/a b'], /A path begins with \//],
    [['listen', '--path', '/a/../b'], /A path begins with \//],
    [['listen', '--path', '/\u001b[31m'], /A path begins with \//],
    [['listen', '--path', '/\u00fc'], /A path begins with \//],
    [['listen', '-e', 'statuss'], /did you mean statuses\?/],
    [['listen', '-e', '!mesages.*'], /did you mean !messages\.\*\?/],
    [['listen', '-e', 'messages.pst'], /did you mean messages\.post\?/],
    [['listen', '-f', 'nowhere'], /"nowhere" is not an endpoint[\s\S]*Forms: 3000/],
    [['listen', '-f', 'mesages=3000'], /--forward-to: "mesages" is no event; did you mean messages\?/],
    [['listen', '-f', 'messages.*=nowhere'], /"nowhere" is not an endpoint/],
    [['listen', '-f', 'messages='], /"" is not an endpoint/],
    [['listen', '-f', '3000', '-H', 'X-A'], /"X-A" is not the name and value/],
    [['listen', '-f', '3000', '-H', 'Content-Length: 3'], /Content-Length belongs to the connection/],
    [['listen', '-f', '3000', '--drop-header', 'X A'], /"X A" is not the name/],
    [['listen', '-f', '3000', '--drop-header', 'X-A: b'], /the name of a header alone/],
    [['listen', '-f', '3000', '--ca-cert', 'nowhere.pem'], /--ca-cert: nowhere\.pem cannot be read: there is no such file/],
    [['listen', '--ack', 'forwrd', '-f', '3000'], /It is one of now, forward\. Did you mean forward\?/],
    [['listen', '--ack', 'forward'], /no app is named/],
    [['listen', '--ack', 'forward', '-f', '3000', '--retry'], /leaves it to the sender/],
    [['listen', '--retry', '0'], /a whole number from 1/],
    [['listen', '--concurrency', 'many'], /a whole number from 1/],
    [['listen', '--for', '30'], /2s/],
    [['listen', '--stop-on', 'mesages.post'], /--stop-on: "mesages\.post" is no event; did you mean messages\.post\?/],
    [['listen', '--exit-on', 'invald'], /It is one of invalid, forward-error\. Did you mean invalid\?/],
    [['listen', '-f', 'http://me:s3cr3t@x'], /An endpoint with a name or password/],
    [['replay', 'groups', '--to', '99999'], /is not an endpoint/],
    [['replay', 'groups', '--mode', 'bdy'], /It is one of body, path, method, all\. Did you mean body\?/],
    [['replay', 'groups', '--only', 'grops'], /did you mean groups\?/],
    [['validate', 'groups', '--as', 'groups.pt'], /Did you mean groups\.put\?/],
    [['--color', 'alwys', 'validate', 'groups'], /--color: "alwys"[\s\S]*auto, always or never\. Did you mean always\?/],
    [['--color', 'alwys', 'schema', 'groups.put'], /--color/],
    [['--color', 'alwys', 'samples', 'show', 'groups.put'], /--color/],
    [['schema', 'groups.put', '--draft', '7'], /It is one of 2020-12, 07/],
  ])('%j: exit 2, nothing on standard output', async (argv, says) => {
    const { code, stdout, stderr } = await run(argv, { cwd: temporaryFolder() });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^error: /);
    expectHarmless(stderr);
    expectNoTrace(stderr);
  });

  it('no command at all: the help, on standard error, exit 2', async () => {
    const { code, stdout, stderr } = await run([]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^Usage: whapi-hooks/);
  });

  it.each([
    [[NASTY]],
    [[`--${NASTY}`]],
    [['listen', `--${NASTY}`]],
    [['listen', NASTY]],
    [['listen', '--port', NASTY]],
    [['listen', '--host', NASTY, '--port', '0']],
    [['listen', '--path', NASTY]],
    [['listen', '-e', NASTY]],
    [['listen', '-f', NASTY]],
    [['listen', '--record', NASTY.replaceAll('\u0000', '').concat('/x')]],
    [['listen', '--record', NASTY]],
    [['listen', '--secret-header', NASTY]],
    [['replay', NASTY]],
    [['replay', `${NASTY}*`]],
    [['replay', 'groups', '-H', NASTY]],
    [['replay', 'groups', '--only', NASTY]],
    [['replay', 'groups', '--to', `http://${NASTY}`]],
    [['validate', NASTY]],
    [['validate', 'groups', '--as', NASTY]],
    [['samples', NASTY]],
    [['samples', 'show', NASTY]],
    [['samples', 'show', 'groups.put', NASTY]],
    [['samples', 'copy', NASTY]],
    [['--color', NASTY, 'samples']],
  ])('what was typed is repeated harmlessly: %j', async (argv) => {
    const { code, stdout, stderr } = await run(argv, { cwd: temporaryFolder() });
    expect([2, 3]).toContain(code);
    expect(stderr).not.toBe('');
    expectHarmless(stdout + stderr);
    expectNoTrace(stdout + stderr);
  });
});

describe('help', () => {
  it.each(COMMANDS)('%s --help shows examples and exits 0', async (command) => {
    for (const argv of [
      [command, '--help'],
      [command, '-h'],
      ['help', command],
    ]) {
      const { code, stdout, stderr } = await run(argv);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: whapi-hooks ${command}`));
      expect(stdout).toMatch(new RegExp(`^Examples:\\n {2}\\$ whapi-hooks ${command} `, 'm'));
    }
  });

  it('--help and help show every command and exit 0', async () => {
    for (const argv of [['--help'], ['-h'], ['help']]) {
      const { code, stdout } = await run(argv);
      expect(code).toBe(0);
      for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
      expect(stdout).toMatch(/^Examples:/m);
    }
  });

  it('samples show and copy have help too', async () => {
    expect((await run(['samples', 'show', '--help'])).stdout).toMatch(/^Usage: whapi-hooks samples show/);
    expect((await run(['samples', 'copy', '--help'])).stdout).toMatch(/^Usage: whapi-hooks samples copy/);
  });

  it('--version', async () => {
    for (const flag of ['--version', '-V']) expect(await run([flag])).toEqual({ code: 0, stdout: '0.0.0-test\n', stderr: '' });
  });

  it('the examples of the commands are valid: every option in them exists', async () => {
    for (const command of COMMANDS) {
      const { stdout } = await run([command, '--help']);
      const [usage = '', examples = ''] = stdout.split(/^Examples:/m);
      const flags = [...examples.matchAll(/\s(--?[a-z][a-z-]*)/g)].map(([, flag]) => flag ?? '');
      const known = new Set([...usage.matchAll(/(?:^|[\s,])(--?[a-zA-Z][a-z-]*)/gm)].map(([, flag]) => flag));
      const own = examples
        .split('\n')
        .filter((line) => line.includes('$ whapi-hooks'))
        .join('\n');
      for (const flag of flags.filter((one) => new RegExp(`whapi-hooks [^|]*\\s${one}\\b`).test(own)))
        expect([command, known.has(flag), flag]).toEqual([command, true, flag]);
    }
  });
});

describe('WHAPI_HOOKS_<OPTION>', () => {
  it('sets options, and flags win over it', async () => {
    const env = { WHAPI_HOOKS_STRICT: '1' };
    const cwd = temporaryFolder({ 'a.json': named('x', { foo: 1 }), 'b.json': unnamed('x') });
    expect((await run(['validate', 'a.json'], { cwd })).code).toBe(0);
    expect((await run(['validate', 'a.json'], { cwd, env })).code).toBe(1);
    expect((await run(['validate', 'b.json'], { cwd, env: { WHAPI_HOOKS_AS: 'messages.post' } })).code).toBe(0);
    expect((await run(['validate', 'b.json', '--as', 'statuses.post'], { cwd, env: { WHAPI_HOOKS_AS: 'messages.post' } })).code).toBe(1);
    expect((await run(['validate', 'a.json'], { cwd, env: { WHAPI_HOOKS_JSON: 'true' } })).stdout).toMatch(/^\{/);
    expect((await run(['validate', 'a.json'], { cwd, env: { WHAPI_HOOKS_JSON: '0', WHAPI_HOOKS_STRICT: 'no' } })).stdout).toMatch(
      /^a\.json:/,
    );
    expect((await run(['validate', 'a.json'], { cwd, env: { WHAPI_HOOKS_STRICT: '' } })).code).toBe(0);
  });

  it('sets every option of listen', async () => {
    const app = await startApp();
    const cwd = temporaryFolder();
    const env = {
      WHAPI_HOOKS_PORT: '1',
      WHAPI_HOOKS_PATH: '/hook',
      WHAPI_HOOKS_EVENTS: 'messages,calls',
      WHAPI_HOOKS_FORWARD_TO: app.url,
      WHAPI_HOOKS_RECORD: 'all.jsonl',
      WHAPI_HOOKS_COUNT: '1',
      WHAPI_HOOKS_RETRY: '2',
      WHAPI_HOOKS_HEADER: 'X-More: yes',
      WHAPI_HOOKS_EXIT_ON: 'invalid,forward-error',
      WHAPI_HOOKS_MAX_BODY: '1KB',
      WHAPI_HOOKS_TIMEOUT: '5s',
      WHAPI_HOOKS_OUTPUT: 'json',
      WHAPI_HOOKS_SECRET_HEADER: 'X-Secret',
      WHAPI_HOOKS_SECRET: 's3cr3t',
    };
    const listener = await startListener([], { cwd, env });
    const headers = { 'X-Secret': 's3cr3t' };
    expect(new URL(listener.url).pathname).toBe('/hook');
    expect((await send(listener.url, named('x'.repeat(1000)), { headers })).status).toBe(413);
    expect((await send(listener.url, named('x'))).status).toBe(401);
    expect((await send(listener.url, named('x'), { headers })).status).toBe(200);
    expect(await listener.ended).toBe(0);
    await app.close();
    expect(records(listener.runtime.stdout.text).map(({ type }) => type)).toEqual(['ready', 'delivery', 'outcome', 'stopped']);
    expect(app.received).toHaveLength(1);
    expect(app.received[0]?.headers.join()).toContain('X-More,yes');
  });

  it.each([
    [['--output', 'compact'], { WHAPI_HOOKS_JSON: '1' }, /messages\.post/],
    [['--json'], { WHAPI_HOOKS_OUTPUT: 'compact' }, /"type":"delivery"/],
    [['--json'], { WHAPI_HOOKS_QUIET: '1' }, /"type":"delivery"/],
    [['--output', 'json'], { WHAPI_HOOKS_QUIET: '1' }, /"type":"delivery"/],
    [[], { WHAPI_HOOKS_JSON: '1' }, /"type":"delivery"/],
    [[], { WHAPI_HOOKS_JSON: '0', WHAPI_HOOKS_OUTPUT: 'json' }, /"type":"delivery"/],
  ] as [string[], Record<string, string>, RegExp][])('the flags %j win over %j', async (flags, env, says) => {
    const listener = await startListener(flags, { env });
    await send(listener.url, named('x'));
    await listener.runtime.stdout.line(says);
    await listener.stop();
    const isJson = listener.runtime.stdout.text.startsWith('{');
    expect(isJson).toBe(String(says).includes('delivery'));
  });

  it.each([
    [['listen'], { WHAPI_HOOKS_PORT: 'http' }, /^error: WHAPI_HOOKS_PORT: "http" will not do\. A port/],
    [['listen'], { WHAPI_HOOKS_OUTPUT: 'jsn' }, /WHAPI_HOOKS_OUTPUT: "jsn" .*Did you mean json\?/],
    [['listen'], { WHAPI_HOOKS_VERBOSE: 'maybe' }, /WHAPI_HOOKS_VERBOSE: it is 1 or 0/],
    [['validate', 'groups'], { WHAPI_HOOKS_AS: 'groups.pt' }, /WHAPI_HOOKS_AS: "groups\.pt" .*Did you mean groups\.put\?/],
    [['validate', 'groups'], { WHAPI_HOOKS_COLOR: 'alwys' }, /Did you mean always\?/],
    [['replay', 'groups'], { WHAPI_HOOKS_MODE: NASTY }, /WHAPI_HOOKS_MODE/],
  ] as [string[], Record<string, string>, RegExp][])('%j with %j: a usage error', async (argv, env, says) => {
    const { code, stdout, stderr } = await run(argv, { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expectHarmless(stderr);
  });
});

describe('colour', () => {
  const cwd = (): string => temporaryFolder({ 'a.json': named('x', { from_me: 'no', foo: 1 }) });

  it.each([
    [[], {}, false, false],
    [[], {}, true, true],
    [['--color', 'always'], {}, false, true],
    [['--color', 'never'], {}, true, false],
    [['--color', 'auto'], {}, true, true],
    [['--color', 'auto'], {}, false, false],
    [[], { NO_COLOR: '1' }, true, false],
    [[], { NO_COLOR: '' }, true, true],
    [['--color', 'always'], { NO_COLOR: '1' }, false, true],
    [[], { FORCE_COLOR: '1' }, false, true],
    [[], { FORCE_COLOR: '0' }, true, false],
    [[], { FORCE_COLOR: '' }, false, false],
    [[], { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [['--color', 'never'], { FORCE_COLOR: '1' }, true, false],
    [[], { TERM: 'dumb' }, true, false],
    [[], { WHAPI_HOOKS_COLOR: 'always' }, false, true],
    [['--color', 'never'], { WHAPI_HOOKS_COLOR: 'always' }, true, false],
  ] as [string[], Record<string, string>, boolean, boolean][])('%j %j terminal=%j: %j', async (flags, env, isTTY, wanted) => {
    const { stdout } = await run([...flags, 'validate', 'a.json'], { cwd: cwd(), env, isTTY });
    expect(ESCAPE.test(stdout)).toBe(wanted);
  });

  it('the flag works behind the command too', async () => {
    expect((await run(['validate', 'a.json', '--color', 'always'], { cwd: cwd() })).stdout).toMatch(ESCAPE);
  });

  it('changes nothing but the colour', async () => {
    const folder = cwd();
    const plain = await run(['validate', 'a.json'], { cwd: folder });
    const coloured = await run(['--color', 'always', 'validate', 'a.json'], { cwd: folder });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
    expect(coloured.stdout.replace(/\u001b\[\d+m/g, '')).toBe(plain.stdout);
  });

  it('JSON has none, also where colour is forced', async () => {
    const { stdout } = await run(['--color', 'always', 'validate', '--json', 'a.json'], { cwd: cwd() });
    expect(stdout).not.toMatch(ESCAPE);
    expect((await run(['--color', 'always', 'schema', 'groups.put'])).stdout).not.toMatch(ESCAPE);
    const listener = await startListener(['--json', '--color', 'always']);
    await send(listener.url, named('x'));
    await listener.stop();
    expect(listener.runtime.stdout.text).not.toMatch(ESCAPE);
  });

  it('help has none', async () => {
    for (const command of COMMANDS) expectHarmless((await run([command, '--help'])).stdout);
  });
});
