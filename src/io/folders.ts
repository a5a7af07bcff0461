import { isAbsolute } from 'node:path';
import type { Runtime } from '../runtime.ts';
import { join } from './files.ts';

/** A folder that the environment names; the XDG specification has relative ones ignored. */
const named = (path: string | undefined): string | undefined => (path !== undefined && isAbsolute(path) ? path : undefined);

/**
 * The folder for data that outlives a run: `$XDG_DATA_HOME/whapi-hooks` or `~/.local/share/whapi-hooks`
 * (XDG Base Directory Specification), `~/Library/Application Support/whapi-hooks` on macOS, `%LOCALAPPDATA%\whapi-hooks`
 * on Windows.
 */
export const dataFolder = ({ platform, env, home }: Pick<Runtime, 'platform' | 'env' | 'home'>): string => {
  const xdg = named(env['XDG_DATA_HOME']);
  const folder =
    platform === 'win32'
      ? (named(env['LOCALAPPDATA']) ?? join(home, 'AppData', 'Local'))
      : (xdg ?? (platform === 'darwin' ? join(home, 'Library', 'Application Support') : join(home, '.local', 'share')));
  return join(folder, 'whapi-hooks');
};
