/** A mistake in a template, or its failure on the data at hand; the message is Go's: `template: id:1: unclosed action`. */
export class TemplateError extends Error {}
