import type { Headers } from '../../delivery/delivery.ts';
import { outcomeRecord, recordLine } from '../../delivery/recording.ts';
import { type Planned, planShipment } from '../../delivery/shipments.ts';
import { EXIT, type ExitCode, usageError } from '../../errors.ts';
import type { Mode } from '../../event/mode.ts';
import type { EventName } from '../../event/name.ts';
import { openEndpoint } from '../../io/endpoint.ts';
import { runSteps } from '../../io/run.ts';
import { complain, type Terminal } from '../../io/terminal.ts';
import { withDefaults } from '../../replay/expect.ts';
import type { Result } from '../../replay/result.ts';
import type { Step } from '../../replay/step.ts';
import { typesOf } from '../../replay/types.ts';
import { replayExitCode, replaySummary, replayTotals, summaryRecord } from '../../report/replay.ts';
import type { Runtime } from '../../runtime.ts';
import type { JsonObject } from '../../schema/keywords.ts';
import { sentColumns, sentLines } from '../../view/sent.ts';
import { plural } from '../../view/text.ts';

export interface SendOptions {
  readonly event: EventName;
  readonly url: URL;
  readonly mode?: Mode;
  readonly headers: Headers;
  readonly timeout: number;
  readonly json?: boolean;
}

/** Fresh payloads as steps of a run. */
const stepsOf = (payloads: readonly JsonObject[], { event, mode, headers }: SendOptions, runtime: Runtime): Step[] =>
  payloads.map((payload, index) => {
    const body = new TextEncoder().encode(JSON.stringify(payload));
    const planned = planShipment({ name: null, body, line: 1, column: 1 }, mode, headers, runtime.id);
    if (typeof planned === 'string') throw usageError(`It cannot be sent: ${planned}.`, 'Leave --mode out.'); // --force with another event
    const [type = null] = typesOf(event, payload);
    const plain = { again: null, due: 0, after: [], copyOf: null, faults: [], expects: [] };
    return { ...planned, ...plain, number: index + 1, origin: originOf(planned, payload), type };
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
  const endpoint = openEndpoint(options.url, { timeout: options.timeout, elapsed: runtime.elapsed });
  const columns = sentColumns(steps);
  const results: Result[] = [];
  const stop = new AbortController();
  for (const signal of [runtime.stopped(), out.closed]) {
    if (signal.aborted) stop.abort();
    signal.addEventListener('abort', () => stop.abort(), { once: true });
  }
  const { unsent } = await runSteps(steps, {
    endpoint,
    concurrency: 1,
    expects: withDefaults([]),
    elapsed: runtime.elapsed,
    after: runtime.after,
    signal: stop.signal,
    async onResult(result) {
      results.push(result);
      const { step, outcome } = result;
      if (options.json === true)
        out.write(recordLine({ ...outcomeRecord(outcome), event: step.name, verdict: step.verdict, source: step.origin }));
      else out.lines(...sentLines(outcome, step.name, step.origin, out, columns));
      await out.flush();
      // Nothing listens there: the rest would only say the same.
      if (outcome.kind === 'failed' && outcome.cause === 'unreachable' && results.length === 1) stop.abort();
    },
  });
  await endpoint.close();
  const totals = replayTotals(
    results.map(({ outcome }) => outcome),
    unsent,
  );
  if (options.json === true) out.write(recordLine(summaryRecord(totals)));
  else out.lines(replaySummary(totals, out));
  const [first] = results;
  if (totals.unreachable && first?.outcome.kind === 'failed') {
    const rest = unsent > 0 ? ` ${plural(unsent, 'more delivery', 'more deliveries')} not sent.` : '';
    const { href } = options.url;
    complain(
      terminal,
      `Nothing could be reached at ${href}: ${first.outcome.error}.`,
      `Start your app, or name its address with --to.${rest}`,
    );
  }
  await out.flush();
  await err.flush();
  return out.closed.aborted && totals.failed === 0 ? EXIT.ok : replayExitCode(totals);
};
