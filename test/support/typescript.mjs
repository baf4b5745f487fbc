/** Lets the tests be read. From 22.18 on Node takes the types out by itself, which is quicker. */
if (!process.features.typescript) await import('tsx')
