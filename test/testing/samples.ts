/** The samples as the build puts them in; imported before src/testing. */
import { EVENT_NAMES } from '../../src/event/name.ts';
import { SAMPLES } from '../support/samples.ts';

const groups = EVENT_NAMES.map((name) => {
  const own = SAMPLES.filter(({ event }) => event === name);
  return [name, Object.fromEntries(own.map((sample) => [sample.name, sample.payload]))];
});

Object.assign(globalThis, { __SAMPLES__: JSON.stringify(Object.fromEntries(groups)) });
