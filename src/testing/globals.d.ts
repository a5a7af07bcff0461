/** The samples as JSON, by event and name: put in by the build (scripts/testing.js). */
declare const __SAMPLES__: string;
