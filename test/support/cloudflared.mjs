// A stand-in for cloudflared, and for the edge of Cloudflare behind it: it takes cloudflared's flags and refuses all
// others, writes what cloudflared writes, and passes requests for its hostname on to --url. A small executable beside a
// file of behaviours runs it (test/support/cloudflared.ts); what it was called with is added to calls.jsonl there.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(process.argv[1]);
const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);

const earlier = existsSync(join(folder, 'calls.jsonl'))
  ? readFileSync(join(folder, 'calls.jsonl'), 'utf8').trimEnd().split('\n').length
  : 0;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(?:TUNNEL_|WHAPI_)/.test(name)));
appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify({ pid: process.pid, args, env })}\n`);

/** One entry for each start, the last for all later ones. */
const behaviours = JSON.parse(readFileSync(join(folder, 'behaviours.json'), 'utf8'));
const behaviour = behaviours[Math.min(earlier, behaviours.length - 1)];

/** The flags of cloudflared 2026.5 that may be met here; true where a value follows. */
const TUNNEL_FLAGS = {
  '--no-autoupdate': false,
  '--config': true,
  '--metrics': true,
  '--url': true,
  '--protocol': true,
  '--loglevel': true,
  '--logfile': true,
  '--edge-ip-version': true,
  '--hello-world': false,
};
const RUN_FLAGS = { '--token': true, '--token-file': true, '--url': true, '--protocol': true };

const out = (text) => process.stderr.write(text);
const leave = (code, text) => {
  process.exitCode = code;
  process.stderr.write(text, () => process.exit(code));
};
const usage = (text) =>
  leave(1, `Incorrect Usage: ${text}\n\nNAME:\n   cloudflared tunnel - Use Cloudflare Tunnel to expose private services\n`);

const parse = () => {
  const given = {};
  if (args[0] !== 'tunnel') return usage(`No help topic for '${args[0] ?? ''}'`);
  let known = TUNNEL_FLAGS;
  for (let i = 1; i < args.length; i++) {
    if (args[i] === 'run' && known === TUNNEL_FLAGS) {
      known = RUN_FLAGS;
      given.run = true;
    } else if (!Object.hasOwn(known, args[i])) return usage(`flag provided but not defined: -${args[i].replace(/^-+/, '')}`);
    else if (known[args[i]]) given[args[i]] = args[++i];
    else given[args[i]] = true;
  }
  return given;
};

const stamp = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
let waiting = '';
/** Writes lines, whole or in pieces of some characters. */
const log = (level, text) => {
  const line = `${stamp()} ${level} ${text}\n`;
  const { pieces } = behaviour;
  if (pieces === undefined) out(line);
  else {
    waiting += line;
    const next = () => {
      if (waiting === '') return;
      out(waiting.slice(0, pieces));
      waiting = waiting.slice(pieces);
      setImmediate(next);
    };
    if (waiting === line) setImmediate(next);
  }
};

const edgeFile = (name) => join(folder, 'edge', name);
let name;
const goodbye = () => {
  if (name !== undefined) rmSync(edgeFile(name), { force: true });
};

/** The edge: what comes for the hostname goes to the listener; a page of Cloudflare's where nothing answers there. */
const startEdge = (target) =>
  new Promise((resolve) => {
    const tls = { key: readFileSync(join(here, 'edge-key.pem')), cert: readFileSync(join(here, 'edge-cert.pem')) };
    const server = createServer(tls, (incoming, outgoing) => {
      const headers = { ...incoming.headers, 'cf-ray': '9aa0b1c2d3e4f567-FRA', 'x-forwarded-proto': 'https' };
      const inner = request(new URL(incoming.url, target), { method: incoming.method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      inner.on('error', (error) => {
        log('ERR', `Request failed error="Unable to reach the origin service: ${error.message}" connIndex=0`);
        outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<html>502 Bad Gateway</html>');
      });
      incoming.pipe(inner);
    });
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });

const CONNECTION = 'connection=1f0a8a52-8f1c-4d54-9a0e-3f2b5c7d9e10 event=0 ip=198.41.200.193 location=fra07';

const serve = async (flags) => {
  const protocol = flags['--protocol'] ?? 'quic';
  const target = behaviour.target ?? flags['--url'];
  const port = await startEdge(target);
  const register = () => {
    if (name !== undefined && behaviour.unreachable !== true) {
      mkdirSync(join(folder, 'edge'), { recursive: true });
      writeFileSync(edgeFile(name), String(port));
    }
    log('INF', `Registered tunnel connection connIndex=0 ${CONNECTION} protocol=${protocol}`);
  };
  name = behaviour.name ?? (flags.run ? 'hooks.example.com' : 'brave-otters-fetch-hooks');
  if (!flags.run) {
    log(
      'INF',
      'Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to experiment and try it out.',
    );
    log('INF', 'Requesting new quick Tunnel on trycloudflare.com...');
    for (const line of [
      `+${'-'.repeat(92)}+`,
      '|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |',
      `|  ${`https://${name}.trycloudflare.com`.padEnd(90)}|`,
      `+${'-'.repeat(92)}+`,
    ])
      log('INF', line);
  }
  log('INF', 'Version 2026.5.1 (Checksum 3c6a5ba995a258dbe90f98e5fdb2c2620b7be72c3ca761614f6eb52aee252cea)');
  log(
    'INF',
    `Settings: map[config:${flags['--config'] ?? ''} metrics:${flags['--metrics'] ?? ''} no-autoupdate:true url:${flags['--url'] ?? ''}]`,
  );
  log('INF', `Initial protocol ${protocol}`);
  log('INF', 'Starting metrics server on 127.0.0.1:20241/metrics');
  // Before it is known to be up: a signal that nobody handles ends a process.
  const actions = {
    terminate: () => {
      goodbye();
      log('ERR', 'Connection terminated error="timeout: no recent network activity" connIndex=0 event=0 ip=198.41.200.193');
      log('INF', 'Retrying connection in up to 1s connIndex=0 event=0 ip=198.41.200.193');
    },
    register,
    // Lost, and registered again at once.
    flicker: () => {
      actions.terminate();
      register();
    },
    exit: () => {
      goodbye();
      leave(1, `${stamp()} ERR Serve tunnel error error="connection with edge closed" connIndex=0\n`);
    },
    // The edge forgets the hostname, and nobody tells cloudflared.
    forget: goodbye,
  };
  const later = [...(behaviour.later ?? [])];
  process.on('SIGUSR2', () => actions[later.shift()]?.());
  if (behaviour[protocol] === false) {
    log(
      'ERR',
      'Failed to dial a quic connection error="failed to dial to edge with quic: timeout: no recent network activity" connIndex=0 event=0 ip=198.41.200.193',
    );
    log('INF', 'Retrying connection in up to 2s connIndex=0 event=0 ip=198.41.200.193');
    process.stderr.write('', () => writeFileSync(join(folder, 'hangs'), ''));
  } else register();
};

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (behaviour.stubborn === true) {
      writeFileSync(join(folder, 'signalled'), signal);
      return;
    }
    goodbye();
    log('INF', `Initiating graceful shutdown due to signal ${signal === 'SIGTERM' ? 'terminated' : 'interrupt'} ...`);
    process.exit(0);
  });
}

const flags = parse();
if (flags !== undefined) {
  const config = join(homedir(), '.cloudflared', 'config.yml');
  const token = process.env.TUNNEL_TOKEN;
  if (flags['--config'] === undefined && existsSync(config))
    leave(1, `error parsing YAML in config file at ${config}: quick tunnels cannot be used with it\n`);
  else if (flags['--config'] !== undefined && !existsSync(flags['--config']))
    leave(1, `Cannot open config file ${flags['--config']}: no such file or directory\n`);
  else if (flags.run === true && (token === undefined || token === 'wrong'))
    leave(255, "Provided Tunnel token is not valid.\nSee 'cloudflared tunnel run --help'.\n");
  else {
    if (behaviour.huge !== undefined) for (let sent = 0; sent < behaviour.huge; sent += 65_536) out('x'.repeat(65_536));
    if (behaviour.huge !== undefined) out('\n');
    for (const [level, text] of behaviour.says ?? []) {
      if (level === '') out(`${text}\n`);
      else log(level, text);
    }
    if (behaviour.exit !== undefined) leave(behaviour.exit, '');
    else if (behaviour.hang === true) {
      setInterval(() => {}, 1 << 30);
      // Said behind all that was written before.
      process.stderr.write('', () => writeFileSync(join(folder, 'hangs'), ''));
    } else await serve(flags);
  }
}
