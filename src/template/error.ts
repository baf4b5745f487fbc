/** A problem of a template, or its error on the data at hand; the message is Go's: `template: id:1: unclosed action`. */
export class TemplateError extends Error {}
