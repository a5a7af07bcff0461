import { describe, expect, it } from 'vitest';
import { createUrlReader, splitCommand } from '../../src/io/tunnel-command.ts';

describe('a command in words', () => {
  it.each<[string, string[]]>([
    ['ngrok http {port} --log stdout', ['ngrok', 'http', '{port}', '--log', 'stdout']],
    ['  lt   --port\t{port}  ', ['lt', '--port', '{port}']],
    ['"/opt/my tools/lt" -p {port}', ['/opt/my tools/lt', '-p', '{port}']],
    ["ssh -R '80:localhost:{port}' x.example", ['ssh', '-R', '80:localhost:{port}', 'x.example']],
    [`a "it's" 'say "hi"'`, ['a', "it's", 'say "hi"']],
    ['a b\\ c \\"d \\\\e', ['a', 'b c', '"d', '\\e']],
    ['a "" b', ['a', '', 'b']],
    [`a'b c'd  e`, ['ab cd', 'e']],
    ['a --x="y z"', ['a', '--x=y z']],
    ['C:\\tools\\lt.exe {port}', ['C:\\tools\\lt.exe', '{port}']],
    ['a $HOME `id` ; b | c > d', ['a', '$HOME', '`id`', ';', 'b', '|', 'c', '>', 'd']],
  ])('%s', (text, words) => expect(splitCommand(text)).toEqual(words));

  it.each([
    ['', /names no program/],
    ['   ', /names no program/],
    ['""', /names no program/],
    ['lt "x', /quote " is not closed/],
    ["lt 'x", /quote ' is not closed/],
  ])('%s is none', (text, words) => expect(() => splitCommand(text)).toThrow(words));
});

describe('the url in the output of any program', () => {
  it.each<[string, string[], string[]]>([
    ['a sentence', ['your url is: https://calm-foxes.loca.lt\n'], ['https://calm-foxes.loca.lt/']],
    ['in two pieces', ['your url is: https://calm-fo', 'xes.loca.lt\n'], ['https://calm-foxes.loca.lt/']],
    [
      'a log line',
      ['t=2026 lvl=info msg="started tunnel" url=https://a1.ngrok-free.app addr=http://localhost:4545\n'],
      ['https://a1.ngrok-free.app/'],
    ],
    ['JSON', ['{"url":"https://a1.example","x":1}\n'], ['https://a1.example/']],
    ['brackets and a full stop', ['(see https://a1.example/x.)\n'], ['https://a1.example/x']],
    [
      'several, each once',
      ['https://docs.example/a https://a1.example\nhttps://docs.example/a\n'],
      ['https://docs.example/a', 'https://a1.example/'],
    ],
    ['colours', ['\u001b[32mhttps://a1.example\u001b[0m\n'], ['https://a1.example/']],
    ['a query is no part of it', ['https://a1.example/?x=1#y \n'], ['https://a1.example/']],
    ['http is none', ['http://a1.example\n'], []],
    ['localhost is none', ['https://localhost:4545\n'], []],
    ['one that is not whole yet', ['https://a1.exam'], []],
    ['nonsense', ['https://[ \nhttps:// x\n'], []],
    ['behind much without a line break', ['x'.repeat(500_000), ' https://a1.example\n'], ['https://a1.example/']],
  ])('%s', (_what, pieces, wanted) => {
    const reader = createUrlReader();
    for (const piece of pieces) reader.add(piece);
    expect(reader.urls.map(({ href }) => href)).toEqual(wanted);
  });

  it('takes ten at most', () => {
    const reader = createUrlReader();
    for (let i = 0; i < 100; i++) reader.add(`https://a${i}.example\n`);
    expect(reader.urls).toHaveLength(10);
  });
});
