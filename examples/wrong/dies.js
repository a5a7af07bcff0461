// Wrong: it has an answer for each type it knows, calls it without a look, and lets the error end the process.
const REPLIES = {
  text: (message) => `You wrote: ${message.text.body}`,
  image: () => 'What a picture!',
};
export const bot = { reply: (message) => REPLIES[message.type](message) };
export const server = { run: (work) => void setImmediate(work) };
