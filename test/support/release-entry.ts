import { createRuntime as createReal, type Runtime } from '../../src/runtime.ts';

export { main } from '../../src/main.ts';

/** The real machine, but for the release of cloudflared: the one that RELEASE holds as JSON. */
export const createRuntime = (host: NodeJS.Process, packageRoot: string): Runtime => ({
  ...createReal(host, packageRoot),
  cloudflared: JSON.parse(host.env['RELEASE'] ?? '') as Runtime['cloudflared'], // the test wrote it
});
