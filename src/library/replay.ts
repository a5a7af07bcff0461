import type { ReplayCall } from './call.ts';
import { ReplayError } from './error.ts';
import type { ReplayResult } from './result.ts';

/**
 * Sends payloads to an endpoint and tells how it took them, as `whapi-hooks replay` does: the same deliveries, the
 * same judgement. Nothing is printed; of the environment only WHAPI_HOOKS_SECRET, the proxy variables and those that say where the
 * data folder lies are read.
 * @throws ReplayError where it is called wrongly, or where a source, a port or a probe is not to be had
 */
export const replay = async (call: ReplayCall): Promise<ReplayResult> => {
  // Whoever only parses and validates loads neither sockets nor files.
  const { answerTo } = await import('../library.ts');
  const answer = await answerTo(call);
  if ('refused' in answer) throw new ReplayError(answer.refused);
  return answer.result;
};
