// `validate` against the limit of JSON.parse and against its peers, as ratios in one run: npm run bench:validate [megabytes] [rounds]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'bin', 'whapi-hooks.cjs');
const megabytes = Number(process.argv[2] ?? 80);
const rounds = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'whapi-hooks-bench-'));

// Peers are installed here, by this script alone.
const peers = join(folder, 'peers');
mkdirSync(peers);
writeFileSync(join(peers, 'package.json'), '{"private": true}');
const install = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', 'ajv-cli', '@sourcemeta/jsonschema'], {
  cwd: peers,
  encoding: 'utf8',
});
const versionOf = (name) => {
  try {
    return JSON.parse(readFileSync(join(peers, 'node_modules', name, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
};
const ajvVersion = versionOf('ajv-cli');
const sourcemetaVersion = versionOf('@sourcemeta/jsonschema');

const samples = Object.values(JSON.parse(readFileSync(join(root, 'samples', 'messages.json'), 'utf8')));
const posts = samples.filter(({ event }) => event.event === 'post');
const small = posts.map((payload) => JSON.stringify(payload)).filter((text) => text.length < 500);
const large = JSON.stringify({ ...posts[0], messages: posts.flatMap(({ messages }) => messages) });

const corpus = (name, texts, bytes) => {
  const file = join(folder, name);
  const lines = [];
  for (let size = 0; size < bytes; size += lines.at(-1).length + 1) lines.push(texts[lines.length % texts.length]);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { file, events: lines.length };
};
const smallCorpus = corpus('small.jsonl', small, megabytes * 1e6);
const hugeCorpus = corpus('huge.jsonl', small, megabytes * 2.5e6);
// Each tenth event has a member that the schemas do not know.
const odd = small.map((text) => text.replace('{"messages":[{', '{"messages":[{"odd":1,'));
const faultyCorpus = corpus(
  'faulty.jsonl',
  Array.from({ length: 10 * small.length }, (_, i) => (i % 10 === 0 ? odd : small)[i % small.length]),
  megabytes * 1e6,
);
const largeCorpus = corpus('large.jsonl', [large], (megabytes * 1e6) / 2);
const many = join(folder, 'many');
mkdirSync(many);
for (let i = 0; i < 2000; i++) writeFileSync(join(many, `${i}.json`), small[i % small.length]);
const one = join(folder, 'one.json');
writeFileSync(one, small[0]);
const schema = join(folder, 'schema.json');
writeFileSync(schema, spawnSync(process.execPath, [bin, 'schema', 'messages.post'], { encoding: 'utf8' }).stdout);

const run = (command, args) => {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr.slice(0, 300)}`);
  return performance.now() - start;
};
const node = (...args) => run(process.execPath, args);
const ours = (...args) => node(bin, 'validate', ...args);
const ajv = (...args) =>
  node(join(peers, 'node_modules', 'ajv-cli', 'dist', 'index.js'), 'validate', '--spec=draft2020', '--strict=false', '-s', schema, ...args);
const limit = ({ file, events }) => node(join(root, 'bench', 'limit.js'), file, String(events));
const sourcemeta = (...args) => run(join(peers, 'node_modules', '.bin', 'jsonschema'), ['validate', '--fast', schema, ...args]);

const cases = [
  ['one file over node -e 0', 'difference', () => ours(one), () => node('-e', '0')],
  ['one file, ajv-cli = 1', ajvVersion && 'time', () => ours(one), () => ajv('-d', one)],
  ['2,000 files, times as fast as ajv-cli', ajvVersion && 'speed', () => ours(many), () => ajv('-d', join(many, '*.json'))],
  [
    'NDJSON, small events, one thread, JSON.parse alone = 1',
    'speed',
    () => ours('--jobs', '1', smallCorpus.file),
    () => limit(smallCorpus),
  ],
  [
    'NDJSON, large events, one thread, JSON.parse alone = 1',
    'speed',
    () => ours('--jobs', '1', largeCorpus.file),
    () => limit(largeCorpus),
  ],
  [
    'NDJSON, each tenth event with a finding, one thread, JSON.parse = 1',
    'speed',
    () => ours('--jobs', '1', faultyCorpus.file),
    () => limit(faultyCorpus),
  ],
  ['NDJSON, small events, JSON.parse alone = 1', 'speed', () => ours(smallCorpus.file), () => limit(smallCorpus)],
  [`the same, ${Math.round(megabytes * 2.5)} MB`, 'speed', () => ours(hugeCorpus.file), () => limit(hugeCorpus)],
  [
    'NDJSON, small events, one thread, as fast as jsonschema --fast',
    sourcemetaVersion && 'speed',
    () => ours('--jobs', '1', smallCorpus.file),
    () => sourcemeta(smallCorpus.file),
  ],
  [
    'NDJSON, large events, one thread, as fast as jsonschema --fast',
    sourcemetaVersion && 'speed',
    () => ours('--jobs', '1', largeCorpus.file),
    () => sourcemeta(largeCorpus.file),
  ],
];
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

console.log(
  `node ${process.version}, ajv-cli ${ajvVersion ?? 'not installed'}, @sourcemeta/jsonschema ${sourcemetaVersion ?? 'not installed'}; ${megabytes} MB of small events (${smallCorpus.events}), ${rounds} rounds, medians of pairs`,
);
if (install.status !== 0) console.log(`the peers could not be installed: ${install.stderr.split('\n')[0]}`);
for (const [name, kind, a, b] of cases) {
  if (!kind) {
    console.log(`${name.padEnd(66)} left out`);
    continue;
  }
  try {
    const pairs = Array.from({ length: rounds + 1 }, () => [a(), b()]).slice(1);
    const figure = { difference: ([x, y]) => x - y, time: ([x, y]) => x / y, speed: ([x, y]) => y / x }[kind];
    const value = median(pairs.map(figure));
    console.log(`${name.padEnd(66)} ${kind === 'difference' ? `+ ${value.toFixed(0)} ms` : value.toFixed(2)}`);
  } catch (error) {
    console.log(`${name.padEnd(66)} failed: ${error.message}`);
  }
}
rmSync(folder, { recursive: true, force: true });
