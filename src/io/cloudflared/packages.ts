import type { Runtime } from '../../runtime.ts';
import { onPath } from './find.ts';

/** Package managers that have cloudflared, with the command that installs it. */
const MANAGERS: readonly { readonly program: string; readonly command: string }[] = [
  { program: 'brew', command: 'brew install cloudflared' },
  { program: 'winget', command: 'winget install --id Cloudflare.cloudflared' },
  { program: 'pacman', command: 'pacman -S cloudflared' },
  { program: 'apt-get', command: 'apt-get install cloudflared, once its packages are set up as https://pkg.cloudflare.com says' },
  { program: 'dnf', command: 'dnf install cloudflared, once its packages are set up as https://pkg.cloudflare.com says' },
];

/** How this machine's own package manager installs cloudflared, as the end of a sentence. */
export const packageCommand = (runtime: Runtime): string => {
  if (runtime.platform === 'darwin') return 'brew install cloudflared';
  if (runtime.platform === 'win32') return 'winget install --id Cloudflare.cloudflared';
  const found = MANAGERS.find(({ program }) => onPath([program], runtime) !== undefined);
  return found?.command ?? 'see https://pkg.cloudflare.com';
};
