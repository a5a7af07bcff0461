import { findCloudflared } from '../../io/cloudflared/find.ts';
import { packageCommand } from '../../io/cloudflared/packages.ts';
import { versionOf } from '../../io/cloudflared/version.ts';
import type { Check } from './check.ts';
import { wrong } from './machine.ts';

export const checkCloudflared: Check = async ({ options, runtime }) => {
  const name = 'cloudflared';
  try {
    const found = findCloudflared({ flag: options.cloudflared, runtime });
    if (found === undefined) {
      const remedy = `whapi-hooks tunnel install downloads it; or: ${packageCommand(runtime)}.`;
      return [{ name, state: 'note', fact: 'not installed; only listen --tunnel needs it', remedy }];
    }
    const version = await versionOf(found.path, runtime);
    return [{ name, state: 'fine', fact: `version ${version}, ${found.path} (${found.origin})` }];
  } catch (error) {
    return [wrong(name, error)];
  }
};
