import type { KeepingOptions } from '../keeping.ts';
import type { ProviderFlags } from '../provider.ts';
import type { WebhookMode } from '../webhooks/modes.ts';

export const OUTPUTS = ['pretty', 'compact', 'json', 'quiet'] as const;
export type OutputStyle = (typeof OUTPUTS)[number];

/** When a delivery is answered: as soon as it is stored, or with what the app says. */
export const ACKS = ['now', 'forward'] as const;
export type Ack = (typeof ACKS)[number];

/** What ends a listener with exit code 1. */
export const EXIT_CAUSES = ['invalid', 'forward-error'] as const;
export type ExitCause = (typeof EXIT_CAUSES)[number];

export interface ListenOptions extends KeepingOptions, ProviderFlags {
  readonly port?: number;
  readonly host: string;
  readonly path: string;
  readonly forwardTo?: readonly string[];
  readonly header?: readonly string[];
  readonly dropHeader?: readonly string[];
  readonly skipVerify?: boolean;
  readonly insecure?: boolean;
  readonly caCert?: string;
  readonly concurrency: number;
  readonly ack: Ack;
  readonly retry?: number | true;
  readonly maxWaiting: number;
  readonly events?: readonly string[];
  readonly secretHeader?: string;
  readonly record?: string;
  /** The file; false where nothing is to be stored. */
  readonly history?: string | false;
  readonly schemaOverlay?: string;
  readonly count?: number;
  readonly for?: number;
  readonly stopOn?: readonly string[];
  readonly exitOn?: readonly ExitCause[];
  readonly maxBody: number;
  readonly timeout: number;
  readonly output: OutputStyle;
  readonly verbose?: boolean;
  readonly tunnel?: boolean;
  readonly cloudflared?: string;
  readonly installCloudflared?: boolean;
  readonly tunnelTokenFile?: string;
  readonly tunnelCommand?: string;
  readonly publicUrl?: URL;
  readonly exitOnDisconnect?: boolean;
  readonly register?: boolean;
  readonly exclusive?: boolean;
  readonly mode: WebhookMode;
}

export const DEFAULT_PORT = 4545;
/** Deliveries that may wait for one app, and bytes of them. */
export const MOST_WAITING = 1000;
export const MOST_WAITING_BYTES = 256_000_000;
/** Milliseconds that work under way gets to end after Ctrl-C. */
export const PATIENCE = 5000;
