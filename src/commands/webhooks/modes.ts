/** Where the name of an event is written. */
export const MODES = ['body', 'path', 'method'] as const;
export type WebhookMode = (typeof MODES)[number];
