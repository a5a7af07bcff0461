import { createTimeline } from '../../replay/timeline.ts';
import { page } from './html-page.ts';
import type { CreateReplayReporter } from './reporter.ts';
import { createTouched } from './touched.ts';

/** One HTML page that holds all it needs, for people; what it keeps of a run is bounded, and so is the page. */
export const htmlReplayReporter: CreateReplayReporter = (context) => {
  const timeline = createTimeline();
  const touched = createTouched();
  return {
    begin: () => '',
    result(result) {
      timeline.add(result);
      touched.add(result);
      return '';
    },
    end: (run) => String(page({ ...context, ...run, timeline: timeline.timeline(), touched: touched.touched() })),
  };
};
