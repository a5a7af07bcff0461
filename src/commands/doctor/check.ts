import type { Runtime } from '../../runtime.ts';
import type { Checked } from '../../view/doctor.ts';
import type { ProviderFlags } from '../provider.ts';

export interface DoctorOptions extends ProviderFlags {
  readonly port?: number;
  readonly forwardTo?: readonly string[];
  readonly cloudflared?: string;
  readonly history?: string;
  readonly json?: boolean;
}

/** What a check is given. */
export interface Examination {
  readonly options: DoctorOptions;
  readonly runtime: Runtime;
  /** Clocks of others: the header Date of an answer, and when it was heard by ours (milliseconds since 1970). */
  readonly heard: { readonly date: string; readonly at: number }[];
}

/** Looks at one thing. It throws nothing but defects: what is in the way is told. */
export type Check = (examination: Examination) => Promise<readonly Checked[]>;
