import { register } from 'node:module'

/** Lets the tests be read. From 22.18 on Node takes the types out by itself, which is quicker. */
if (!process.features.typescript) register('./strip-types.mjs', import.meta.url)
if (process.env.MEASURE_COVERAGE) (await import('./coverage.mjs')).measureCoverage()
