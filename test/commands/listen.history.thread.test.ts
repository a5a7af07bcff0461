import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/main.ts';
import { temporaryFolder } from '../support/folder.ts';
import { lookInto } from '../support/inside.ts';
import { named } from '../support/payloads.ts';
import { type TestRuntime, testRuntime } from '../support/runtime.ts';

/** `listen` with this code as the program of its other threads; none is started on a machine with one core. */
const listening = async (code: string, cores = 2): Promise<{ runtime: TestRuntime; url: string; file: string; ended: Promise<number> }> => {
  const folder = temporaryFolder({ 'dist/worker.cjs': `const { parentPort } = require('node:worker_threads');\n${code}` });
  const file = join(folder, 'h.db');
  const runtime = { ...testRuntime(), packageRoot: folder, cores };
  const ended = main(['listen', '--port', '0', '--history', file], runtime);
  onTestFinished(() => runtime.stop());
  const url = /http:\/\/[^\s,]+/.exec(await runtime.stderr.line(/Listening on/))?.[0] ?? '';
  return { runtime, url, file, ended };
};

/** Sends bodies down one connection without waiting for answers, so that they are taken in one turn. @returns their statuses */
const crowd = (url: string, bodies: readonly string[]): Promise<number[]> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
      if (statuses.length < bodies.length) return;
      socket.destroy();
      resolve(statuses);
    });
    socket.write(bodies.map((body) => `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`).join(''));
  });

const DIES = "parentPort.on('message', () => { throw new Error('out of order'); });\nparentPort.postMessage('ready');";

it('a thread that dies under load: what it had is answered 503 and told once, all that got 200 is stored; exit 3', async () => {
  const { runtime, url, file, ended } = await listening(DIES);
  const taken: string[] = [];
  let refused = 0;
  const offer = async (...bodies: string[]): Promise<void> => {
    for (const [index, status] of (await crowd(url, bodies)).entries()) {
      if (status === 200) taken.push(bodies[index] ?? '');
      else {
        expect(status).toBe(503);
        refused++;
      }
    }
  };
  for (let round = 0; refused === 0; round++) {
    expect(round, 'the thread was never asked').toBeLessThan(2000);
    await offer(...Array.from({ length: 40 }, (_, index) => named(`n ${round} ${index}`)));
  }
  for (let number = 0; number < 5; number++) await offer(named(`after ${number}`));
  runtime.stop();
  expect(await ended).toBe(3);
  const told = runtime.stderr.text;
  expect(
    told.match(/Deliveries cannot be stored: The thread that writes the history .* has ended: out of order\. They/g),
    told,
  ).toHaveLength(1);
  expect(told).toMatch(new RegExp(`^${taken.length} deliveries, ${refused} refused: not stored \\(503\\)$`, 'm'));
  const { deliveries, sound } = await lookInto(file);
  expect(deliveries.map(({ body }) => body.toString()).toSorted()).toEqual(taken.toSorted());
  expect(taken.slice(-5)).toEqual([0, 1, 2, 3, 4].map((number) => named(`after ${number}`)));
  expect(new Set(sound)).toEqual(new Set(['ok']));
});

it.each([
  ['deliveries that come one after the other', 2, 300, 1],
  ['many at once on a machine with one core', 1, 10, 40],
])('%s start no thread', async (_what, cores, rounds, together) => {
  const { runtime, url, file, ended } = await listening(DIES, cores);
  for (let round = 0; round < rounds; round++) {
    const statuses = await crowd(
      url,
      Array.from({ length: together }, (_, index) => named(`n ${round} ${index}`)),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  }
  runtime.stop();
  expect(await ended).toBe(0);
  expect((await lookInto(file)).deliveries).toHaveLength(rounds * together);
});
