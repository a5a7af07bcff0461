import type { Headers } from '../../delivery/delivery.ts';
import { recordLine } from '../../delivery/recording.ts';
import { type Planned, planShipment } from '../../delivery/shipments.ts';
import { EXIT, type ExitCode, usageError } from '../../errors.ts';
import type { Mode } from '../../event/mode.ts';
import type { Overlay } from '../../event/overlay.ts';
import { runSteps } from '../../io/run.ts';
import type { Terminal } from '../../io/terminal.ts';
import { withDefaults } from '../../replay/expect.ts';
import type { Result } from '../../replay/result.ts';
import type { Step } from '../../replay/step.ts';
import { createTotals } from '../../replay/totals.ts';
import { replayExitCode, replaySummary, resultRecord, sentOf, summaryRecord } from '../../report/replay.ts';
import type { Runtime } from '../../runtime.ts';
import type { JsonObject } from '../../schema/keywords.ts';
import { sentColumns, sentLines } from '../../view/sent.ts';
import { openReached, type ReachOptions } from '../reaching.ts';
import { isNobody, stopping, tellUnreachable } from '../replay/ending.ts';

export interface SendOptions extends ReachOptions {
  readonly url: URL;
  readonly mode?: Mode;
  readonly headers: Headers;
  /** Findings that the project accepts. */
  readonly overlay: Overlay | undefined;
  readonly json?: boolean;
}

/** Fresh payloads as steps of a run. */
const stepsOf = (payloads: readonly JsonObject[], { mode, headers, overlay }: SendOptions, runtime: Runtime): Step[] =>
  payloads.map((payload, index) => {
    const body = new TextEncoder().encode(JSON.stringify(payload));
    const planned = planShipment({ name: null, body, line: 1, column: 1 }, mode, headers, runtime.id, overlay);
    if (typeof planned === 'string') throw usageError(`It cannot be sent: ${planned}.`, 'Leave --mode out.'); // --force with another event
    const plain = { again: null, due: 0, after: [], copyOf: null, faults: [], expects: [] };
    return { ...planned, ...plain, number: index + 1, origin: originOf(planned, payload) };
  });

/** Which of many it was: the id of what it is about, where it says one. */
const originOf = ({ name, shipment }: Planned, payload: JsonObject): string => {
  const items = Object.values(payload).find(Array.isArray) as readonly unknown[] | undefined;
  const [item] = items ?? [];
  const id = typeof item === 'string' ? item : ((item ?? {}) as JsonObject)['id'];
  return typeof id === 'string' ? id : `${name ?? ''} ${shipment.id}`.trim();
};

/** Sends payloads one after the other and tells how each was answered. @returns 0 all 2xx, 1 some not, 3 nothing reached */
export const sendPayloads = async (
  payloads: readonly JsonObject[],
  options: SendOptions,
  runtime: Runtime,
  terminal: Terminal,
): Promise<ExitCode> => {
  const { out, err } = terminal;
  const steps = stepsOf(payloads, options, runtime);
  const endpoint = await openReached(options.url, options, runtime);
  const columns = sentColumns(steps);
  const totals = createTotals();
  let first: Result | undefined;
  let done = 0;
  const stop = stopping(runtime, terminal);
  const ending = await runSteps(steps, {
    endpoint,
    concurrency: 1,
    expects: withDefaults([]),
    elapsed: runtime.elapsed,
    after: runtime.after,
    signal: stop.signal,
    async onResult(result) {
      first ??= result;
      totals.add(result);
      if (options.json === true) out.write(recordLine(resultRecord(result)));
      else out.lines(...sentLines(sentOf(result), out, columns));
      await out.flush();
      if (isNobody(result, ++done)) stop.abort();
    },
  });
  endpoint.close();
  const all = totals.totals();
  if (options.json === true) out.write(recordLine(summaryRecord(all, ending)));
  else out.lines(replaySummary(all, ending, out));
  tellUnreachable(options.url, all, first, ending, terminal);
  await out.flush();
  await err.flush();
  return out.closed.aborted && all.failed === 0 ? EXIT.ok : replayExitCode(all, ending);
};
