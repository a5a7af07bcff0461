import { isOk } from '../delivery/delivery.ts';
import type { Mode } from '../event/mode.ts';
import type { Rulings } from './check.ts';
import type { Actor } from './check-deeds.ts';
import { type Desk, sourceOf, told } from './check-desk.ts';
import { changesBy, kindOf, newerFirst, ownWithStatus, pictureOf, type Specimen, withHeader } from './check-events.ts';

/** Sends without the secret and with a wrong one. */
export const checkSecret = async (desk: Desk, rulings: Rulings, base: Specimen, name: string | undefined): Promise<void> => {
  if (name === undefined) return rulings.unchecked('secret', 'it needs --secret-header: which header is the secret in?');
  for (const [how, value] of [
    ['without the secret', undefined],
    ['with a wrong secret', 'wrong'],
  ] as const) {
    const event = desk.renew(base);
    const { outcome, calls = 0 } = await desk.act(event, 0, withHeader(desk.shipment(event), name, value));
    const isRefused = outcome.kind === 'answered' && (outcome.status === 401 || outcome.status === 403);
    const acted = calls === 0 ? '' : '; it acted on it, too';
    if (!isRefused || calls > 0) {
      const message = `${kindOf(event)} ${how}: ${told(outcome)}${isRefused ? '' : ' instead of 401 or 403'}${acted}`;
      rulings.found({ rule: 'secret', ...sourceOf(event), message });
    }
  }
  rulings.passed('secret', 'it refused a delivery without it, and one with a wrong one');
};

const line = (desk: Desk, specimen: Specimen, mode: Mode): string => {
  const { method, suffix } = desk.shipment(specimen, mode);
  return suffix === '' ? method : `${method} …${suffix}`;
};

/** Sends the same event to the addresses of the modes. */
export const checkModes = async (desk: Desk, rulings: Rulings, base: Specimen, modes: readonly Mode[]): Promise<void> => {
  for (const mode of modes) {
    const event = desk.renew(base);
    const outcome = await desk.send(event, desk.shipment(event, mode));
    if (!isOk(outcome)) {
      const message = `mode ${mode}, ${line(desk, event, mode)}: ${told(outcome)}`;
      rulings.found({ rule: 'modes', ...sourceOf(event), message });
    }
  }
  rulings.passed('modes', modes.length === 1 ? `mode ${modes[0]} alone, as --mode says` : `modes ${modes.join(', ')}`);
};

/** Sends events whose verb is PUT, PATCH or DELETE in mode method. */
export const checkVerbs = async (
  desk: Desk,
  rulings: Rulings,
  base: Specimen,
  specimens: readonly Specimen[],
  modes: readonly Mode[],
): Promise<void> => {
  if (!modes.includes('method')) return rulings.unchecked('verbs', `mode ${modes[0]} uses POST alone`);
  const post = desk.renew(base);
  const outcome = await desk.send(post, desk.shipment(post, 'method'));
  if (!isOk(outcome)) return rulings.unchecked('verbs', `${line(desk, post, 'method')} was not taken either (${told(outcome)})`);
  for (const own of changesBy(base)) {
    const method = own.name?.split('.')[1];
    const event = desk.renew(specimens.find(({ name }) => name?.split('.')[1] === method) ?? own);
    const taken = await desk.send(event, desk.shipment(event, 'method'));
    if (!isOk(taken)) {
      const message = `${line(desk, event, 'method')} with ${kindOf(event)}: ${told(taken)}`;
      rulings.found({ rule: 'verbs', ...sourceOf(event), message });
    }
  }
  rulings.passed('verbs', 'POST, PUT, PATCH, DELETE');
};

/** A status before its message, and an older message after a newer one. */
export const checkOrder = async (desk: Desk, rulings: Rulings, { specimen, calls }: Actor): Promise<void> => {
  const found = (event: Specimen, message: string): void => rulings.found({ rule: 'out-of-order', ...sourceOf(event), message });
  const { status, message } = ownWithStatus(desk.renew(specimen));
  const tally = desk.tally();
  for (const event of [status, message]) {
    const outcome = await desk.send(event);
    if (!isOk(outcome)) return found(event, `${event.origin}: ${told(outcome)}`);
  }
  await desk.settled(tally);
  for (const event of newerFirst(desk.renew(specimen), desk.renew(specimen))) {
    const deed = await desk.act(event, calls?.());
    if (!isOk(deed.outcome)) return found(event, `${event.origin}: ${told(deed.outcome)}`);
    if (deed.calls !== undefined && deed.calls < (calls?.() ?? 0)) return found(event, `${event.origin}: it did not act on it`);
  }
  rulings.passed('out-of-order', 'a status before its message, an older message after a newer one');
};

/** A picture with a small preview, and with a large one. */
export const checkLargeBody = async (desk: Desk, rulings: Rulings, base: Specimen): Promise<void> => {
  const small = await desk.send(pictureOf(desk.renew(base), false));
  if (!isOk(small)) return rulings.unchecked('large-body', `a small picture was not taken either (${told(small)})`);
  const event = pictureOf(desk.renew(base), true);
  const outcome = await desk.send(event);
  if (!isOk(outcome)) return rulings.found({ rule: 'large-body', ...sourceOf(event), message: `${event.origin}: ${told(outcome)}` });
  rulings.passed('large-body', event.origin);
};

/** Half a delivery, and then the whole of it. */
export const checkCut = async (desk: Desk, rulings: Rulings, { specimen, calls }: Actor): Promise<void> => {
  const event = desk.renew(specimen);
  await desk.outliveAll(specimen);
  const tally = await desk.quiet();
  await desk.cut(event);
  const outcome = await desk.send(event);
  const made = await desk.settled(tally, isOk(outcome) ? calls?.() : 0);
  const found = (message: string): void => rulings.found({ rule: 'cut-connection', ...sourceOf(event), message });
  if (!isOk(outcome)) return found(`${kindOf(event)}, sent whole after it was cut: ${told(outcome)}`);
  const one = calls?.() ?? made;
  if (made !== one) return found(`${kindOf(event)}, sent whole after it was cut: ${made} API calls instead of ${one}`);
  rulings.passed('cut-connection', `${kindOf(event)}: cut in the middle, then taken whole`);
};
