// Wrong: it does not look at from_me, so it answers its own messages; the answers come as well, and so on without end.
export const around = (right) => ({
  handle: (payload) => right.handle({ ...payload, messages: payload?.messages?.map((message) => ({ ...message, from_me: false })) }),
});
