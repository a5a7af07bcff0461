import { chatOf } from '../../delivery/chats.ts';
import { type Delivery, isOk, type Outcome, type Reading } from '../../delivery/delivery.ts';
import { isLoopback, shipmentOf } from '../../delivery/endpoint.ts';
import { readDelivery } from '../../delivery/reading.ts';
import { deliveryRecord, outcomeRecord, readyRecord, recordLine, warningRecord } from '../../delivery/recording.ts';
import { createWatch, type Warning } from '../../delivery/watch.ts';
import { type ExitCode, reason, usageError } from '../../errors.ts';
import { suffixBelow } from '../../event/mode.ts';
import type { Parcel } from '../../io/forwarder.ts';
import { projectOverlay } from '../../io/overlay.ts';
import { openRecorder } from '../../io/recorder.ts';
import { type Exchange, type Listening, listenOn, type Refusal, TAKEN } from '../../io/server.ts';
import { type ColourChoice, openTerminal } from '../../io/terminal.ts';
import type { Runtime } from '../../runtime.ts';
import { bodyLines, clockTime, entry, outcomeLines } from '../../view/entry.ts';
import { clean } from '../../view/text.ts';
import { readEvents, readSecret } from '../flags.ts';
import { finish } from './closing.ts';
import { createEnding } from './ending.ts';
import { openListenersHistory } from './history.ts';
import { holdUntilReady } from './holding.ts';
import { DEFAULT_PORT, type ListenOptions } from './options.ts';
import { type PublicAddress, publicDoor, wantsPublicAddress } from './public.ts';
import { planRegistration } from './register.ts';
import { replyOf } from './replies.ts';
import { addUndelivered, newTally } from './tally.ts';
import { isItself, type Open, openTargets, planForwarding, targetsText } from './targets.ts';

/** Refusals of one kind that are told; the rest is counted, so that strangers cannot fill the screen. */
const MOST_REFUSALS_TOLD = 5;

/** Whether a url, as outcomes name it, leads to this machine. */
const namesLocal = (url: string): boolean => isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''));

/** Listens until something ends it. @throws UserError before it listens */
export const listen = async (options: ListenOptions, runtime: Runtime, colour: ColourChoice): Promise<ExitCode> => {
  const terminal = await openTerminal(runtime, colour);
  const { out, err } = terminal;
  const style = options.output;
  const shows = style === 'pretty' || style === 'compact';
  const chosen = readEvents(options.events, '--events');
  const demanded = options.secretHeader === undefined ? undefined : readSecret(options.secretHeader, runtime.env);
  const overlay = projectOverlay(options.schemaOverlay, runtime.cwd);
  const ending = createEnding(options);
  const plan = await planForwarding(options, runtime);
  const stopped = runtime.stopped();
  const recorder = openRecorder(options.record, runtime.cwd, terminal);
  const records = style === 'json' || options.record !== undefined;
  const watch = createWatch({ isLocal: namesLocal, inContainer: runtime.inContainer });
  const tally = newTally();

  const announce = (line: string): void => {
    // The recording is written first, so that it holds what was seen.
    recorder.add(line);
    if (style === 'json') out.write(line);
  };
  const held = holdUntilReady(announce, wantsPublicAddress(options));
  const emit = held.emit;
  const warn = (warning: Warning): void => {
    if (records) emit(recordLine(warningRecord(warning)));
    err.lines(err.paint.yellow(`warning: ${clean(warning.message)}`));
    if (warning.hint !== undefined) err.lines(`         ${clean(warning.hint)}`);
  };

  const onOutcome =
    (target: Open) =>
    (outcome: Outcome, parcel: Parcel, last: boolean): void => {
      if (isOk(outcome)) tally.forwarded++;
      else if (last) {
        tally.failed++;
        addUndelivered(target.undelivered, outcome.delivery, parcel.time);
      }
      history?.addOutcome(outcome);
      if (records) emit(recordLine(outcomeRecord(outcome)));
      if (shows) out.lines(...outcomeLines(outcome, parcel.event, out, runtime.now(), style, plan.targets.length > 1));
      for (const warning of watch.onOutcome(outcome)) warn(warning);
      if (last && !isOk(outcome)) ending.notForwarded();
    };
  const onLocal = (url: URL, address: string): void => err.lines(err.paint.dim(`${url.host} answers on ${address}`));
  const door = await publicDoor(options, runtime, terminal);
  const loan = await planRegistration(options, runtime, terminal, demanded, door !== undefined);
  const secret = loan?.secret ?? demanded;
  const history = await openListenersHistory(options, runtime);
  const targets = await openTargets(plan, options, runtime, { onOutcome, onLocal });

  const show = (delivery: Delivery, reading: Reading): void => {
    out.lines(...entry(delivery, reading, out, style === 'compact' ? style : 'pretty'));
    if (options.verbose === true && reading.text !== undefined && reading.verdict !== 'unreadable')
      out.lines(...bodyLines(reading.text, out));
  };
  const handsOn = options.ack === 'forward';
  /** Sends a delivery on; with `--ack forward` the first endpoint that gets it answers. */
  const forward = (delivery: Delivery, reading: Reading, exchange: Exchange): void => {
    let answered = !handsOn;
    const { time, id } = delivery;
    const fitting = targets.filter((target) => target.chosen(reading.name));
    if (fitting.length > 0) {
      const shipment = shipmentOf(delivery, suffixBelow(options.path, delivery.url), plan.headers, plan.dropped);
      const base = { shipment, time, event: reading.name ?? reading.said ?? '', chat: chatOf(reading.payload) };
      for (const { forwarder } of fitting) {
        forwarder.push(answered ? base : { ...base, onAnswer: (...told) => answer(exchange, id, ...told) });
        answered = true;
      }
    }
    if (!answered) exchange.answer(TAKEN);
  };
  const answer = (exchange: Exchange, delivery: string, ...[whole, cause]: Parameters<NonNullable<Parcel['onAnswer']>>): void => {
    exchange.answer(replyOf(whole, cause));
    if (whole?.cut === true && !cutTold) {
      cutTold = true;
      warn({ cause: 'answer-cut', delivery, message: 'The app answered with more than 5 MB; the sender got the beginning.' });
    }
  };
  let cutTold = false;

  const take = (delivery: Delivery, reading: Reading, exchange: Exchange): void => {
    tally.taken++;
    if (reading.verdict !== 'valid') tally.invalid++;
    if (records) emit(recordLine(deliveryRecord(delivery, reading)));
    if (shows) show(delivery, reading);
    for (const warning of watch.onDelivery(delivery.id, delivery.time, reading)) warn(warning);
    if (targets.length > 0) forward(delivery, reading, exchange);
    ending.taken(delivery.id, reading);
  };
  const onUnstored = (delivery: Delivery, error: unknown, exchange: Exchange): void => {
    ending.giveBack(delivery.id);
    exchange.refuse('unstored', 'The delivery could not be stored.');
    if (unstored++ > 0) return;
    warn({
      cause: 'not-stored',
      delivery: delivery.id,
      message: `Deliveries cannot be stored: ${reason(error).replace(/\.$/, '')}. They are answered 503, so that they come again.`,
      hint: '--no-history listens without storing.',
    });
  };
  let unstored = 0;
  const onDelivery = (delivery: Delivery, words: readonly string[], exchange: Exchange): void => {
    loan?.look(delivery);
    if (ending.full) {
      exchange.refuse('late', 'No more deliveries are taken.');
      return;
    }
    // Where nothing is stored, nothing has to be waited for.
    if (history === undefined && !handsOn) exchange.answer(TAKEN);
    const reading = readDelivery(delivery, words, overlay);
    if (!chosen(reading.name)) {
      tally.hidden++;
      if (history !== undefined || handsOn) exchange.answer(TAKEN);
      return;
    }
    ending.admit(delivery.id, reading);
    if (history === undefined) {
      take(delivery, reading, exchange);
      return;
    }
    history.add(delivery, reading).then(
      () => {
        if (!handsOn) exchange.answer(TAKEN);
        take(delivery, reading, exchange);
      },
      (error: unknown) => onUnstored(delivery, error, exchange),
    );
  };
  const onRefusal = (refusal: Refusal, detail: string): void => {
    const times = (tally.refused.get(refusal) ?? 0) + 1;
    tally.refused.set(refusal, times);
    if (refusal === 'late' || refusal === 'unstored' || times > MOST_REFUSALS_TOLD) return;
    const last = times === MOST_REFUSALS_TOLD ? ' Further ones are only counted.' : '';
    err.lines(`${err.paint.dim(clockTime(runtime.now(), err.offset))} ${err.paint.yellow(`refused: ${clean(detail)}${last}`)}`);
  };

  let server: Listening | undefined;
  let publicAddress: PublicAddress | undefined;
  try {
    const listening = await listenOn({
      host: options.host,
      port: options.port ?? DEFAULT_PORT,
      anyPort: options.port === undefined,
      path: options.path,
      maxBody: options.maxBody,
      secret,
      now: runtime.now,
      after: runtime.after,
      id: runtime.id,
      onDelivery,
      onRefusal,
      answerTo: door?.answerTo,
    });
    server = listening;
    const itself = targets.find(({ url }) => isItself(url, options.host, listening.port));
    if (itself !== undefined) {
      throw usageError(
        `The listener would forward to itself: ${itself.url.href} is its own address.`,
        'Name the address of your app with --forward-to.',
      );
    }
    err.lines(
      `Listening on ${err.paint.bold(server.url)}${targets.length === 0 ? '' : `, forwarding to ${targetsText(targets, err.paint.bold)}`}`,
    );
    if (options.port === undefined && server.port !== DEFAULT_PORT) err.lines(err.paint.dim(`(port ${DEFAULT_PORT} is taken)`));
    for (const [signal, why] of [
      [stopped, 'signal'],
      [out.closed, 'reader'],
    ] as const) {
      if (signal.aborted) ending.end(why);
      signal.addEventListener('abort', () => ending.end(why), { once: true });
    }
    if (door !== undefined) publicAddress = await door.open({ port: server.port, signal: ending.signal, announce, end: ending.end });
    if (publicAddress !== undefined && !ending.signal.aborted)
      await loan?.open({ address: publicAddress, signal: ending.signal, announce });
  } catch (error) {
    await publicAddress?.close();
    await server?.stop(0);
    await Promise.all(targets.map(({ forwarder }) => forwarder.end(0)));
    await history?.close();
    throw error;
  }
  if (!ending.signal.aborted) announce(recordLine(readyRecord(server.url, publicAddress?.url.href)));
  held.release();
  if (secret === undefined && (runtime.env['WHAPI_HOOKS_SECRET'] ?? '') !== '') {
    err.lines(err.paint.yellow('WHAPI_HOOKS_SECRET is set, but --secret-header names no header: nothing is demanded.'));
  }
  if ((!isLoopback(options.host) || publicAddress !== undefined) && secret === undefined) {
    err.lines(err.paint.yellow('Anybody who reaches this address can send deliveries; --secret-header keeps strangers out.'));
  }

  const cancel = options.for === undefined ? undefined : runtime.after(options.for, () => ending.end('time'));
  if (!ending.signal.aborted)
    await new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve(), { once: true }));
  cancel?.();

  return finish({
    options,
    terminal,
    server,
    targets,
    ending,
    tally,
    recorder,
    history,
    publicAddress,
    loan,
    announce,
    hurried: () => stopped.aborted || out.closed.aborted,
    stopped: stopped.aborted,
    isUnstored: () => unstored > 0,
  });
};
