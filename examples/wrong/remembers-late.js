// Wrong: it remembers a message when its work is done. Of two deliveries that come at once neither sees the other.
const done = new Set();
export const bot = { store: { isFirst: (id) => !done.has(id) } };
export const around = (right) => ({
  async handle(payload) {
    await right.handle(payload);
    for (const { id } of payload?.messages ?? []) done.add(id);
  },
});
