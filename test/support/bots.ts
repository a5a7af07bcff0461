import { join } from 'node:path';
import { closedPort } from './http.ts';
import { type Running, start } from './process.ts';
import { packageRoot } from './runtime.ts';

/** The header in which the bots of `examples/` want the secret. */
export const SECRET = 'X-Webhook-Secret: s3cret';

export interface Bot {
  readonly running: Running;
  readonly url: string;
  /** The port that its API address names: nothing listens there yet. */
  readonly apiPort: number;
  stop(): Promise<void>;
}

/** Starts a bot of `examples/` as a process. @param defect what is wrong with it; null for the right one */
export const startBot = async (server: string, defect: string | null): Promise<Bot> => {
  const apiPort = await closedPort();
  const args = defect === null ? [`examples/${server}.js`] : ['examples/wrong/start.js', defect, server];
  const running = start(process.execPath, args, {
    cwd: packageRoot,
    env: { PORT: '0', API_URL: `http://127.0.0.1:${apiPort}`, API_TOKEN: 't', WEBHOOK_SECRET: 's3cret' },
  });
  const [, url = ''] = await running.line(/listening on (\S+)/);
  return {
    running,
    url,
    apiPort,
    async stop() {
      running.child.kill('SIGKILL');
      await running.ended;
    },
  };
};

/** The folder of the examples. */
export const examples = join(packageRoot, 'examples');
