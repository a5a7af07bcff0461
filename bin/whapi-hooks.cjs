#!/usr/bin/env node
'use strict';
const { join } = require('node:path');
const { createRuntime, main } = require('../dist/main.cjs');

main(process.argv.slice(2), createRuntime(process, join(__dirname, '..'))).then((code) => {
  process.exitCode = code;
});
