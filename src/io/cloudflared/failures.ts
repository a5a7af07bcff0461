import type { Failure } from '../program.ts';

/** How it ended, where it ended: with a code, or by a signal. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

const NET = 'api.trycloudflare.com over HTTPS, and region1.v2.argotunnel.com on port 7844';

/** What went wrong, by its cause, and what to do: for each cause a sentence and advice. */
const WORDS: Readonly<Record<Failure['cause'], readonly [message: string, hint: string]>> = {
  aborted: ['The listener ended before the tunnel was open.', ''],
  'rate-limit': [
    'Cloudflare gives no quick tunnel now: too many were asked for from this address (429, code 1015).',
    'Wait some minutes before you try again. A named tunnel (--tunnel-token-file with --public-url) has no such limit.',
  ],
  api: [
    'The quick-tunnel service of Cloudflare fails at the moment.',
    'Try again later (https://www.cloudflarestatus.com), or bring another tunnel: --tunnel-command, --public-url.',
  ],
  dns: ['cloudflared cannot look up the names of Cloudflare.', `Look at the network, VPN and DNS of this machine; it has to reach ${NET}.`],
  refused: [
    'The connection to Cloudflare was refused.',
    `A firewall may be in the way: this machine has to reach ${NET}. cloudflared uses no HTTP proxy.`,
  ],
  network: ['cloudflared does not reach the network.', `This machine has to reach ${NET}. cloudflared uses no HTTP proxy.`],
  certificate: [
    'cloudflared does not trust the certificate it is shown in place of that of Cloudflare.',
    'Something opens encrypted connections on the way (a company proxy, a virus scanner); cloudflared needs one that is left alone.',
  ],
  config: [
    'A config file of cloudflared is in the way.',
    'Move it aside (config.yml in ~/.cloudflared, /etc/cloudflared or /usr/local/etc/cloudflared), or update cloudflared.',
  ],
  token: [
    'Cloudflare does not take the token of the named tunnel.',
    'Copy it anew from the dashboard (Networks > Tunnels) into the file of --tunnel-token-file, or into TUNNEL_TOKEN.',
  ],
  flags: [
    'This cloudflared does not know the flags it was given: it is too old, or another program.',
    'Update it, or let "whapi-hooks tunnel install" fetch one and name no other.',
  ],
  'not-executable': ['The cloudflared executable may not be run.', 'chmod +x allows it; a folder mounted noexec does not.'],
  architecture: [
    'The cloudflared executable is for another kind of machine, or damaged.',
    'Install the one for this machine, for instance with "whapi-hooks tunnel install".',
  ],
  'not-cloudflared': [
    'What was started as cloudflared does not speak like cloudflared.',
    'Name the right one with --cloudflared or CLOUDFLARED_BIN; for other programs there is --tunnel-command.',
  ],
  unregistered: [
    'cloudflared got no connection to the edge of Cloudflare, neither over QUIC nor over HTTP/2.',
    'A firewall may block port 7844 (UDP and TCP) to region1.v2.argotunnel.com and region2.v2.argotunnel.com.',
  ],
  silent: [
    'cloudflared has named no public url in time.',
    'Look at the network; "cloudflared tunnel --url http://localhost:4545" shows what it does.',
  ],
  exit: ['cloudflared ended before the tunnel was open.', '"cloudflared tunnel --url http://localhost:4545" shows what it does.'],
};

const howItEnded = ({ code, signal }: Ended): string => (signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`);

/**
 * A failure in words.
 * @param line what the program said last
 */
export const failureOf = (
  cause: Failure['cause'],
  { line, ended, what }: { line?: string | undefined; ended?: Ended; what?: string } = {},
): Failure => {
  const [message, hint] = WORDS[cause];
  const said = line === undefined || line.trim() === '' ? '' : ` It said: ${line.trim().slice(0, 300)}`;
  const end = ended === undefined ? '' : ` (${howItEnded(ended)})`;
  const where = what === undefined ? '' : ` (${what})`;
  return { cause, message: `${message.replace(/\.$/, '')}${where}${end}.${said}`, hint };
};

/** Why a program ended while its tunnel was up, in a sentence. */
export const endedText = (name: string, ended: Ended): string => `${name} ended (${howItEnded(ended)})`;

/** The cause of an error of the system when a program was to be started. */
export const causeOfSpawn = (code: string | undefined): Failure['cause'] | undefined => {
  if (code === 'EACCES' || code === 'EPERM' || code === 'ETXTBSY') return 'not-executable';
  // Linux says ENOEXEC, macOS EBADARCH (which Node knows by its number alone), Windows UNKNOWN.
  if (code === 'ENOEXEC' || code === 'EFTYPE' || code === 'UNKNOWN' || /^Unknown system error/.test(code ?? '')) return 'architecture';
  return undefined;
};
